import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startTimer } from '../src/timer.ts'

const DAY_MS = 24 * 3_600_000

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test.each([1, 1_000, 2 ** 31 - 1, 2 ** 31, 30 * DAY_MS, 1_000 * DAY_MS])(
  'calls back after %i ms and no sooner',
  (ms) => {
    const callback = vi.fn()
    startTimer(ms, callback)
    vi.advanceTimersByTime(ms - 1)
    expect(callback).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(callback).toHaveBeenCalledOnce()
    expect(vi.getTimerCount()).toBe(0)
  },
)

test('a time that has passed already calls back in the next turn', () => {
  const callback = vi.fn()
  startTimer(-5_000, callback)
  expect(callback).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(callback).toHaveBeenCalledOnce()
})

test.each([0, 1_000, 40 * DAY_MS])('a timer stopped after %i ms never calls back', (ms) => {
  const callback = vi.fn()
  const stop = startTimer(50 * DAY_MS, callback)
  vi.advanceTimersByTime(ms)
  stop()
  expect(vi.getTimerCount()).toBe(0)
  vi.advanceTimersByTime(60 * DAY_MS)
  expect(callback).not.toHaveBeenCalled()
})
