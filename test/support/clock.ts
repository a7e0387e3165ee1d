import type { Clock } from '../../src/clock.ts'

/** The system's clock, which can be made to hurry. */
export class HurryingClock implements Clock {
  #aheadMs = 0
  #stepMs = 0

  now(): number {
    this.#aheadMs += this.#stepMs
    return Date.now() + this.#aheadMs
  }

  monotonic(): number {
    return performance.now()
  }

  /** While the work lasts, each reading lies this much later than the one before. */
  async hurry<Result>(stepMs: number, work: () => Promise<Result>): Promise<Result> {
    this.#stepMs = stepMs
    try {
      return await work()
    } finally {
      this.#stepMs = 0
    }
  }
}
