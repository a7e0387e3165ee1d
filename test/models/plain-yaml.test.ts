import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePlainYaml } from '../../src/models/plain-yaml.ts'

test.each([
  ['', null],
  ['task: tabular\nlabels: &l [a, b]\nfeatures: *l', { task: 'tabular', labels: ['a', 'b'], features: ['a', 'b'] }],
  ['mean: [0.5]', { mean: [0.5] }],
])('YAML that JSON could say is read: %j', (text, content) => {
  expect(parsePlainYaml(text)).toEqual(content)
})

test.each([
  ['a: 1\nb: 2\na: 3', 'the key a is there twice'],
  ['x: {a: 1, b: {c: 1, c: 2}}', 'the key c is there twice'],
  ['a: &a [*a]', 'more than 20 deep'],
  ['a: &a {b: {c: *a}}', 'more than 20 deep'],
  [`a: ${'['.repeat(25)}${']'.repeat(25)}`, 'more than 20 deep'],
  [`a: ${'['.repeat(50_000)}`, 'call stack'],
  ['a: [', 'Flow sequence'],
])('other YAML is refused: %#', (text, reason) => {
  expect(() => parsePlainYaml(text)).toThrow(reason)
})

test('thousands of keys are read one after the other', () => {
  const keys = Array.from({ length: 8_000 }, (_, index) => `k${index}:`).join('\n')
  expect(Object.keys(Object(parsePlainYaml(keys)))).toHaveLength(8_000)
})

test('JSON is read as what it is, with no key taken for another', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      expect(JSON.stringify(parsePlainYaml(JSON.stringify(value)))).toBe(JSON.stringify(value))
    }),
  )
})

test('no text is refused with anything but an error', () => {
  const piece = fc.constantFrom(
    'a:',
    ' ',
    '\n',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '&a',
    '*a',
    '!!x',
    '|',
    '>',
    "'",
    '"',
    '?',
    '<<',
    '#',
    '%',
    '---',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join('')),
      ),
      (text) => {
        try {
          JSON.stringify(parsePlainYaml(text))
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
          expect(error).not.toBeInstanceOf(TypeError)
        }
      },
    ),
  )
})
