import { describe, expect, test } from 'vitest'
import { padded, separate, truncated } from '../../src/tasks/tokens.ts'

const [CLS, SEP] = [101, 102]

test.each([
  { full: [CLS, 1, 2, SEP], text: [1, 2], before: [CLS], after: [SEP] },
  { full: [1, 2], text: [1, 2], before: [], after: [] },
  { full: [1, 2, SEP], text: [1, 2], before: [], after: [SEP] },
  { full: [SEP, 1, SEP, SEP], text: [1], before: [SEP], after: [SEP, SEP] },
])('what stands around $text in $full is told apart', ({ full, text, before, after }) => {
  expect(separate(full, text)).toEqual({ before, text, after })
})

test('a text that is another with what stands around it is taken as it is', () => {
  expect(separate([CLS, 7, SEP], [1])).toEqual({ before: [], text: [CLS, 7, SEP], after: [] })
})

describe('a text that is too long', () => {
  const tokens = { before: [CLS], text: [1, 2, 3, 4], after: [SEP] }

  test.each([
    { most: 6, side: 'right' as const, wanted: [CLS, 1, 2, 3, 4, SEP] },
    { most: 4, side: 'right' as const, wanted: [CLS, 1, 2, SEP] },
    { most: 4, side: 'left' as const, wanted: [CLS, 3, 4, SEP] },
    { most: 2, side: 'left' as const, wanted: [CLS, SEP] },
    { most: 1, side: 'right' as const, wanted: [CLS] },
  ])('is cut to $most on the $side, and keeps what stands around it', ({ most, side, wanted }) => {
    expect(truncated(tokens, most, side)).toEqual(wanted)
  })
})

test.each([
  { length: 4, side: 'right' as const, wanted: [1, 2, 0, 0] },
  { length: 4, side: 'left' as const, wanted: [0, 0, 1, 2] },
  { length: 2, side: 'right' as const, wanted: [1, 2] },
])('a text is filled up to $length on the $side', ({ length, side, wanted }) => {
  expect(padded([1, 2], length, 0, side)).toEqual(wanted)
})
