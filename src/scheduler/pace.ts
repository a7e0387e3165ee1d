import { MovingAverage } from './moving-average.ts'
import type { RunnableVersion } from './runnable-version.ts'

/** Work in a runner, so that it need not wait for the server between short runs. */
const AHEAD_MS = 5
const MAX_AHEAD = 64
/** Of longer runs, up to this, the next one is at hand when one ends: claiming it takes a millisecond or two. */
const NEXT_AHEAD_MS = 50
/** How long the runs of one replica take, and how many tasks it is given because of that. */
export class Pace {
  readonly #average = new MovingAverage()

  /** Infinite before the first run has ended; nothing is sent ahead until then. */
  get averageMs(): number {
    return this.#average.value ?? Number.POSITIVE_INFINITY
  }

  measure(seconds: number): void {
    this.#average.add(seconds * 1000)
  }

  /** How many more tasks a replica may be given that has some: to run, and to run next. */
  room({ batches, run }: RunnableVersion, load: number): number {
    const { averageMs } = this
    const atOnce = batches ? run.maxBatch : 1
    if (averageMs === Number.POSITIVE_INFINITY) return Math.max(0, atOnce - load)
    // A part of the next batch, sent while a long one runs, would be run without those who come until it ends.
    if (averageMs >= NEXT_AHEAD_MS) return load > 0 ? 0 : atOnce
    const ahead = Math.min(MAX_AHEAD, Math.floor(AHEAD_MS / averageMs))
    return Math.max(0, Math.max(ahead, 2 * atOnce) - load)
  }
}
