import type { RunnableVersion } from './runnable-version.ts'

/** Work in a runner, so that it need not wait for the server between short runs. */
const AHEAD_MS = 5
const MAX_AHEAD = 64
/** Of longer runs, up to this, the next one is at hand when one ends: claiming it takes a millisecond or two. */
const NEXT_AHEAD_MS = 50
/** Weight of the newest run in the average. */
const NEWEST = 0.2

/** How long the runs of one replica take, and how many tasks it is given because of that. */
export class Pace {
  /** Nothing is known before the first run has ended; then nothing is sent ahead. */
  #averageMs = Number.POSITIVE_INFINITY

  get averageMs(): number {
    return this.#averageMs
  }

  measure(seconds: number): void {
    const milliseconds = seconds * 1000
    if (this.#averageMs === Number.POSITIVE_INFINITY) this.#averageMs = milliseconds
    else this.#averageMs += (milliseconds - this.#averageMs) * NEWEST
  }

  /** How many tasks may be in a replica at once: what it runs, and what it is to run next. */
  capacity({ batches, run }: RunnableVersion): number {
    const atOnce = batches ? run.maxBatch : 1
    const ahead = Math.min(MAX_AHEAD, Math.floor(AHEAD_MS / this.#averageMs))
    return Math.max(ahead, this.#averageMs < NEXT_AHEAD_MS ? 2 * atOnce : atOnce)
  }
}
