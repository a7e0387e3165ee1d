import { expect, test } from 'vitest'
import { sizeOf } from '../src/size-of.ts'

test.each<[value: unknown, size: number]>([
  ['', 0],
  ['x'.repeat(1_000), 1_000],
  [5, 8],
  [null, 8],
  [true, 8],
  [[], 8],
  [['abc', 1], 8 + 3 + 8],
  [{ name: 'abc' }, 8 + 4 + 3],
  [{ list: [{ a: 'b' }] }, 8 + 4 + (8 + (8 + 1 + 1))],
])('%j takes about %i characters', (value, size) => {
  expect(sizeOf(value)).toBe(size)
})
