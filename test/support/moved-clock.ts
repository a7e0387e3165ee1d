import type { Clock } from '../../src/clock.ts'

/** The system's clock, set by hand. */
export class MovedClock implements Clock {
  byMs = 0

  now(): number {
    return Date.now() + this.byMs
  }

  monotonic(): number {
    return performance.now()
  }
}
