import { expect, test } from 'vitest'
import { ModelFile } from '../../src/runner/model-file.ts'

const bytes = Buffer.from('x')
/** As code calls it that no compiler has seen. */
const make = (...args: unknown[]): ModelFile => Reflect.construct(ModelFile, args)

test.each([[{ name: 'a.txt' }], [{ name: 'a.txt', type: 'text/plain; charset=utf-8' }]])(
  '%j are options',
  (options) => {
    expect(make(bytes, options)).toMatchObject({ bytes, ...options })
  },
)

test.each<[what: string, args: unknown[], fault: string]>([
  ['a text', ['hello', { name: 'a' }], 'takes bytes as a Uint8Array, not string; Buffer.from(text)'],
  ['no options', [bytes], 'ctx.file needs a name'],
  ['no name', [bytes, { type: 'text/plain' }], 'ctx.file needs a name'],
  ['an unknown option', [bytes, { name: 'a', contentType: 'text/plain' }], 'name and type, but not contentType'],
  ['a type that is none', [bytes, { name: 'a', type: 'text' }], 'text is no type such as image/png'],
  ['a type that is no text', [bytes, { name: 'a', type: 5 }], '5 is no type such as image/png'],
])('%s is refused with a word on how to mend it', (_what, args, fault) => {
  expect(() => make(...args)).toThrow(fault)
})
