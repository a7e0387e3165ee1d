import type { Clock } from '../../src/clock.ts'

/** The system's clock, set by hand. */
export class MovedClock implements Clock {
  byMs = 0
  #passedMs = 0

  now(): number {
    return Date.now() + this.byMs
  }

  monotonic(): number {
    return performance.now() + this.#passedMs
  }

  /** As if so much time had gone by. */
  pass(timeMs: number): void {
    this.byMs += timeMs
    this.#passedMs += timeMs
  }
}
