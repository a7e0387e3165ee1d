import { expect, test } from 'vitest'
import { type JsonPath, withValues } from '../src/json-path.ts'

const root = { a: [1, { b: 'c' }], d: null, e: { 0: 'zero' } }

test.each<[path: JsonPath, value: unknown, result: unknown]>([
  [[], 'new', 'new'],
  [['d'], 'new', { ...root, d: 'new' }],
  [['a', 0], 'new', { ...root, a: ['new', { b: 'c' }] }],
  [['a', 1, 'b'], { x: 1 }, { ...root, a: [1, { b: { x: 1 } }] }],
  [['a', '1', 'b'], 'new', { ...root, a: [1, { b: 'new' }] }],
  [['e', 0], 'new', { ...root, e: { 0: 'new' } }],
  [['d'], undefined, { ...root, d: undefined }],
  [['missing'], 'new', root],
  [['a', 2], 'new', root],
  [['a', Number.NaN], 'new', root],
  [['a', 'b'], 'new', root],
  [['a', 0, 'deeper'], 'new', root],
  [['d', 'deeper'], 'new', root],
  [['toString'], 'new', root],
  [['constructor', 'prototype', 'x'], 'new', root],
  [['__proto__', 'x'], 'new', root],
])('at %j stands %j', (path, value, result) => {
  expect(withValues(root, [[path, value]])).toEqual(result)
})

test('values are put in one after the other, so that a later one may stand inside an earlier one', () => {
  const values: [JsonPath, unknown][] = [
    [['list'], [null, null]],
    [['list', 1], 'second'],
  ]
  expect(withValues({ list: null }, values)).toEqual({ list: [null, 'second'] })
})

test('the given value stays as it is, and what is not on the way is not copied', () => {
  const given = Object.freeze({ list: Object.freeze([1, 2]), other: Object.freeze({}) })
  const result = withValues(given, [[['list', 0], 'new']])
  expect(given).toEqual({ list: [1, 2], other: {} })
  expect(result.other).toBe(given.other)
})

test('a key named __proto__ is a key like any other', () => {
  const given: Record<string, unknown> = JSON.parse('{"__proto__": {"file": null}, "a": 1}')
  const result = withValues(given, [[['__proto__', 'file'], 'new']])
  expect(JSON.stringify(result)).toBe('{"__proto__":{"file":"new"},"a":1}')
  expect('file' in Object.prototype).toBe(false)
})
