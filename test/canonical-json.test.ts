import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../src/canonical-json.ts'

test.each([
  [{ b: 1, a: 2 }, '{"a":2,"b":1}'],
  [{ a: { d: [{ z: 0, y: 1 }], c: null } }, '{"a":{"c":null,"d":[{"y":1,"z":0}]}}'],
  [[3, 1, 2], '[3,1,2]'],
  ['text', '"text"'],
  [null, 'null'],
  [{ 10: 'ten', 9: 'nine', a: 'letter' }, '{"9":"nine","10":"ten","a":"letter"}'],
])('%j is written as %s', (value, text) => {
  expect(canonicalJson(value)).toBe(text)
})

test('the order of keys does not matter, at any depth', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      expect(canonicalJson(reversed(value))).toBe(canonicalJson(value))
    }),
  )
})

test('what was written is read back as the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('the order of items matters', () => {
  expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]))
})

/** The same value with the keys of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  )
}
