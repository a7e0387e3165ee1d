import { describe, expect, test } from 'vitest'
import { normalized, placesOf, pool, rowsOf } from '../../src/tasks/pooling.ts'

describe('tokens, row after row', () => {
  const rows = rowsOf({ values: Float32Array.of(1, 2, 3, 6, -5, 10), dims: [1, 3, 2] })

  test.each([
    { pooling: 'cls' as const, wanted: [1, 2] },
    { pooling: 'mean' as const, wanted: [-1 / 3, 6] },
    { pooling: 'max' as const, wanted: [3, 10] },
  ])('$pooling makes one row of them', ({ pooling, wanted }) => {
    expect(pool(rows, pooling)).toEqual(wanted)
  })

  test.each([
    { pooling: 'cls' as const, wanted: [3, 6] },
    { pooling: 'mean' as const, wanted: [3, 6] },
    { pooling: 'max' as const, wanted: [3, 6] },
  ])('$pooling counts only what is no padding', ({ pooling, wanted }) => {
    expect(pool(rows, pooling, (row) => row === 1)).toEqual(wanted)
  })

  test('none at all cannot be pooled', () => {
    expect(() => pool(rows, 'mean', () => false)).toThrow('nothing that could be pooled')
  })
})

test('planes of a picture are pooled over all its places', () => {
  const planes = placesOf({ values: Float32Array.of(1, 2, 3, 4, 10, 20, 30, 40), dims: [1, 2, 2, 2] })
  expect(pool(planes, 'mean')).toEqual([2.5, 25])
  expect(pool(planes, 'max')).toEqual([4, 40])
})

test('numbers get a length of one, and nothing stays nothing', () => {
  expect(normalized([3, -4])).toEqual([0.6, -0.8])
  expect(normalized([0, 0])).toEqual([0, 0])
})
