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

  /** How many more tasks a replica may be given that has some: to run, and to run next. */
  room({ batches, run }: RunnableVersion, load: number): number {
    const atOnce = batches ? run.maxBatch : 1
    if (this.#averageMs === Number.POSITIVE_INFINITY) return Math.max(0, atOnce - load)
    // A part of the next batch, sent while a long one runs, would be run without those who come until it ends.
    if (this.#averageMs >= NEXT_AHEAD_MS) return load > 0 ? 0 : atOnce
    const ahead = Math.min(MAX_AHEAD, Math.floor(AHEAD_MS / this.#averageMs))
    return Math.max(0, Math.max(ahead, 2 * atOnce) - load)
  }
}
