import type { RunnableVersion } from './runnable-version.ts'

/** Work sent ahead to a runner, so that it need not wait for the server between short runs. */
const AHEAD_MS = 5
const MAX_AHEAD = 64
/** A batch is sent ahead where runs are shorter than this, so that the next one is at hand when one ends. */
const BATCH_AHEAD_MS = 100
/** Weight of the newest run in the average. */
const NEWEST = 0.2

/** How long the runs of one replica take, and how many tasks it is given because of that. */
export class Pace {
  #averageMs = AHEAD_MS

  get averageMs(): number {
    return this.#averageMs
  }

  measure(seconds: number): void {
    this.#averageMs += (seconds * 1000 - this.#averageMs) * NEWEST
  }

  /** How many tasks may be in a replica at once: what it runs, and what it is to run next. */
  capacity({ batches, run }: RunnableVersion): number {
    const ahead = Math.min(MAX_AHEAD, Math.max(1, Math.floor(AHEAD_MS / this.#averageMs)))
    if (!batches) return ahead
    return Math.max(ahead, this.#averageMs < BATCH_AHEAD_MS ? 2 * run.maxBatch : run.maxBatch)
  }
}
