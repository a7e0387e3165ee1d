import { describe, expect, test } from 'vitest'
import { LocalFile } from '../../src/runner/input-files.ts'
import { OutputMeter } from '../../src/runner/json-output.ts'
import { ModelFile } from '../../src/runner/model-file.ts'

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])
const circle: Record<string, unknown> = {}
circle.itself = circle

describe('an output is refused that', () => {
  test.each<[what: string, value: unknown, fault: string]>([
    ['is no number', Number.NaN, 'output is NaN'],
    ['is infinite, deep inside', { scores: [1, Number.NEGATIVE_INFINITY] }, 'output.scores.1 is -Infinity'],
    ['is a bigint', 5n, 'output is a bigint'],
    ['is a function', () => 1, 'output is a function'],
    ['holds a symbol', [Symbol('x')], 'output.0 is a symbol'],
    ['is a map', new Map(), 'output is a Map; give a plain object or an array'],
    ['is typed', { vector: new Float32Array(2) }, 'output.vector is a Float32Array; give a plain object or an array'],
    ['is bytes', Buffer.from('x'), 'output is bytes; give them out as a file with ctx.file(bytes, { name })'],
    ['is a generator', (async function* () {})(), 'output comes piece by piece; declare the output as stream(…)'],
    [
      'is a file of the input',
      [new LocalFile('/x', { name: 'x', contentType: 'text/plain' })],
      'output.0 is a file of the input; give it out with ctx.file(',
    ],
    ['holds itself', circle, 'nests deeper than 500 levels'],
    ['is very deep', nested(600), 'nests deeper than 500 levels'],
  ])('%s', (_what, value, fault) => {
    expect(() => new OutputMeter().add(value)).toThrow(fault)
  })

  test('grows too long, in one piece or in many', () => {
    expect(() => new OutputMeter().add('x'.repeat(2 ** 25 + 1))).toThrow('The output is longer than')
    const meter = new OutputMeter()
    for (let i = 0; i < 32; i++) meter.add('x'.repeat(2 ** 20))
    expect(() => meter.add('x')).toThrow('The output is longer than')
  })
})

test.each<[value: unknown]>([
  [null],
  [undefined],
  ['text'],
  [0.5],
  [[1, [true, null]]],
  [{ a: { b: 'c' } }],
  [Object.create(null)],
  [new Date(0)],
  [nested(400)],
])('%j is fine', (value) => {
  expect(() => new OutputMeter().add(value)).not.toThrow()
})

describe('files', () => {
  const [first, second] = ['a.txt', 'b.txt'].map((name) => new ModelFile(Buffer.from(name), { name }))

  test.each<[what: string, value: unknown, found: [path: (string | number)[], file: ModelFile | undefined][]]>([
    ['none', { a: [1, 'b'], c: null }, []],
    ['as the value', first, [[[], first]]],
    [
      'in a list',
      ['x', first, second],
      [
        [[1], first],
        [[2], second],
      ],
    ],
    [
      'deep inside',
      { a: [{ b: first }], c: { 'd.e': [second] } },
      [
        [['a', 0, 'b'], first],
        [['c', 'd.e', 0], second],
      ],
    ],
    [
      'in two places',
      [first, { again: first }],
      [
        [[0], first],
        [[1, 'again'], first],
      ],
    ],
    ['beside null and undefined', [null, undefined, first], [[[2], first]]],
  ])('are found with their places: %s', (_what, value, found) => {
    expect(new OutputMeter().add(value)).toEqual(found.map(([path, file]) => ({ path, file })))
  })

  test('of one value are not told again with the next', () => {
    const meter = new OutputMeter()
    expect(meter.add([first])).toHaveLength(1)
    expect(meter.add('text')).toEqual([])
  })

  test('after a value that was refused are found at their own places', () => {
    const meter = new OutputMeter()
    expect(() => meter.add({ deep: [Number.NaN] })).toThrow()
    expect(meter.add([first])).toEqual([{ path: [0], file: first }])
  })

  test('may be larger than an output of JSON', () => {
    const large = new ModelFile(new Uint8Array(2 ** 26), { name: 'large' })
    expect(new OutputMeter().add([large])).toHaveLength(1)
  })
})
