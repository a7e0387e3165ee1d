import { expect, test } from 'vitest'
import { BoundedLabels } from '../../src/metrics/bounded-labels.ts'

const HOUR_MS = 3_600_000

function setUp(most: number) {
  const time = { at: 0 }
  const forgotten: string[] = []
  const labels = new BoundedLabels({ most, now: () => time.at, onForgotten: (value) => void forgotten.push(value) })
  return { labels, time, forgotten }
}

test('what comes when all places are taken counts as other', () => {
  const { labels, forgotten } = setUp(2)
  expect(['a', 'b', 'c', 'a', 'd', 'b'].map((value) => labels.labelOf(value))).toEqual([
    'a',
    'b',
    'other',
    'a',
    'other',
    'b',
  ])
  expect(forgotten).toEqual([])
})

test('what is gone gives its place to the next', () => {
  const { labels, forgotten } = setUp(1)
  labels.labelOf('a')
  labels.forget('never seen')
  labels.forget('a')
  expect(forgotten).toEqual(['a'])
  expect(labels.labelOf('b')).toBe('b')
  expect(labels.labelOf('a')).toBe('other')
})

test('what nobody has asked for in an hour gives up its place, the longest idle first', () => {
  const { labels, time, forgotten } = setUp(2)
  labels.labelOf('a')
  labels.labelOf('b')
  time.at += HOUR_MS / 2
  labels.labelOf('a')
  time.at += HOUR_MS / 2
  expect(labels.labelOf('c')).toBe('c')
  expect(labels.labelOf('d')).toBe('other')
  expect(forgotten).toEqual(['b'])
  time.at += HOUR_MS
  expect(labels.labelOf('d')).toBe('d')
  expect(forgotten).toEqual(['b', 'a'])
})
