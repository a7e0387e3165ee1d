import { describe, expect, test } from 'vitest'
import { isWorthRetrying, nextTryAfter, parseRetryAfter } from '../../src/webhooks/schedule.ts'

const NO_WISH = { retryAfterMs: undefined }
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** When tries begin, in milliseconds after the first, while all of them fail. */
function triesOf({ windowMs = MINUTE, tryMs = 0, random = 0 }): number[] {
  const times = [0]
  for (;;) {
    const now = (times.at(-1) ?? 0) + tryMs
    const wait = nextTryAfter(times.length, now, NO_WISH, windowMs, random)
    if (wait === undefined) return times
    times.push(now + wait)
  }
}

describe('the schedule', () => {
  test.each([
    ['0', 0, [0]],
    ['999 ms', 999, [0]],
    ['1 s', 1_000, [0, 1]],
    ['3 s', 3_000, [0, 1, 3]],
    ['a minute', MINUTE, [0, 1, 3, 7, 15, 31, 60]],
    ['an hour', HOUR, [0, 1, 3, 7, 15, 31, 60, 120, 300, 600, 1_800, 3_600]],
  ])('of a window of %s', (_name, windowMs, seconds) => {
    expect(triesOf({ windowMs })).toEqual(seconds.map((second) => second * 1_000))
  })

  test('of the longest window ends after a day, with ever longer waits', () => {
    const times = triesOf({ windowMs: DAY })
    expect(times.at(-1)).toBe(DAY)
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    expect(waits).toEqual(waits.toSorted((a, b) => a - b))
  })

  test('counts from the first try, however long tries take', () => {
    expect(triesOf({ tryMs: 400 })).toEqual([0, 1, 3, 7, 15, 31, 60].map((second) => second * 1_000))
  })

  test('waits up to a tenth longer, so that not all come back at once', () => {
    const [planned, longest] = [triesOf({}), triesOf({ random: 1 })]
    expect(longest).toHaveLength(planned.length)
    for (const [index, time] of longest.entries()) {
      if (index > 0) expect(time).toBeGreaterThan(planned[index] ?? 0)
      expect(time).toBeLessThanOrEqual((planned[index] ?? 0) * 1.1)
    }
  })

  test.each([
    ['a server that was away for an hour', 2, HOUR],
    ['an event that is replayed a day later', 1, DAY],
  ])('after %s is no burst of tries', (_name, tries, sinceFirstMs) => {
    const wait = nextTryAfter(tries, sinceFirstMs, NO_WISH, MINUTE, 0)
    expect(wait ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(1_000)
  })

  test('ends with its window, also where tries take their time', () => {
    const begun = triesOf({ windowMs: 3_000, tryMs: 10_000 })
    expect(begun.filter((time) => time > 3_000)).toEqual([])
  })
})

describe('what a receiver asks for', () => {
  test.each([
    ['longer than planned is heeded', 1, 20_000, 20_000],
    ['shorter than planned changes nothing', 4, 2_000, 8_000],
    ['beyond the window is heeded', 1, 2 * HOUR, 2 * HOUR],
    ['in a year is heeded after a day', 1, 365 * DAY, DAY],
  ])('%s', (_name, tries, retryAfterMs, expected) => {
    const sinceFirst = [0, 0, 1_000, 3_000, 7_000][tries] ?? 0
    expect(nextTryAfter(tries, sinceFirst, { retryAfterMs }, MINUTE, 0)).toBe(expected)
  })

  test('gives it no more tries than there are', () => {
    expect(nextTryAfter(7, MINUTE, { retryAfterMs: 1_000 }, MINUTE, 0)).toBeUndefined()
  })

  test.each([
    [undefined, undefined],
    ['0', 0],
    ['1', 1_000],
    ['120', 120_000],
    ['Sun, 06 Nov 1994 08:49:47 GMT', 10_000],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
    ['Sun, 06 Nov 1994 08:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    ['9'.repeat(309), undefined],
  ])('is read from Retry-After: %s', (header, expected) => {
    expect(parseRetryAfter(header, Date.UTC(1994, 10, 6, 8, 49, 37))).toBe(expected)
  })
})

test.each([
  ...[null, 408, 429, 500, 501, 502, 503, 504, 599].map((status) => ({ status, retried: true })),
  ...[300, 301, 302, 303, 304, 307, 308].map((status) => ({ status, retried: false })),
  ...[400, 401, 403, 404, 405, 409, 410, 413, 422, 425, 428, 431].map((status) => ({ status, retried: false })),
])('whether a try that ended with $status is worth another: $retried', ({ status, retried }) => {
  expect(isWorthRetrying({ status, retryAfterMs: undefined })).toBe(retried)
})
