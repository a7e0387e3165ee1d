import type { Clock } from '../clock.ts'
import type { Loading } from '../scheduler/task.ts'
import type { Metrics } from './prediction.ts'

/**
 * What a prediction is about at a moment, each in turn:
 *
 *   queue ──► fetch ──► queue ──► load ──► batch ──► run ──► store
 *
 * It waits for its turn, has the inputs fetched that it names by URL, waits for its model to be loaded, waits in the
 * runner for what that does at the moment, runs, and has what it gave out stored.
 */
export const STAGES = ['queue', 'fetch', 'load', 'batch', 'run', 'store'] as const
export type Stage = (typeof STAGES)[number]

/** Milliseconds since the prediction was created. */
export interface Interval {
  stage: Stage
  from: number
  to: number
}

/** A prediction whose runners die again and again goes through its stages anew each time; further ones are only summed. */
const MOST_INTERVALS = 32

/** Keys of `metrics` that the server alone writes. */
const TIME_NAMES = new Set(['predict_time', 'total_time', ...STAGES.map(timeName)])

/** Whether a metric of this name is the server's to tell. */
export function isTimeName(name: string): boolean {
  return TIME_NAMES.has(name)
}

/** Key of `metrics` for the seconds that a stage took; those of `run` are `predict_time`. */
function timeName(stage: Stage): string {
  return `${stage}_time`
}

/** The stages of one prediction: it is in one at any time, so that together they are its whole life. */
export class Timeline {
  readonly #clock: Clock
  /** When the prediction was created, by the monotonic clock. */
  readonly #origin: number
  readonly #intervals: Interval[] = []
  readonly #totals = new Map<Stage, number>()
  #stage: Stage | undefined
  /** When that began, in milliseconds since the creation. */
  #since = 0

  /** @param options.begun whether a former server has begun it: then nobody knows how far it came */
  constructor(createdAt: number, clock: Clock, { begun = false } = {}) {
    this.#clock = clock
    this.#origin = clock.monotonic() - Math.max(0, clock.now() - createdAt)
    this.#stage = begun ? undefined : 'queue'
  }

  /** In their order. */
  get intervals(): readonly Interval[] {
    return this.#intervals
  }

  /** Milliseconds in each, in all. */
  get totals(): ReadonlyMap<Stage, number> {
    return this.#totals
  }

  enter(stage: Stage): void {
    if (this.#stage === undefined) return
    this.#close(this.#now())
    this.#stage = stage
  }

  /** It has been handed to a runner; while that was being loaded, it waited for nothing else. */
  send(loading: Loading | undefined): void {
    if (this.#stage === 'queue' && loading) {
      const now = this.#now()
      const from = Math.max(this.#since, loading.from - this.#origin)
      const to = Math.min(now, loading.to - this.#origin)
      if (from < to) {
        this.#close(from)
        this.#stage = 'load'
        this.#close(to)
        this.#stage = 'queue'
      }
    }
    this.enter('batch')
  }

  /**
   * It has run; the last part of that was spent with storing what it gave out.
   * @param part from 0 to 1, as the runner tells it: news of it may have come here later than it happened
   */
  ran(part: number): void {
    if (this.#stage !== 'run' || part <= 0) return
    const now = this.#now()
    this.#close(now - (now - this.#since) * Math.min(part, 1))
    this.#stage = 'store'
  }

  /** Nothing more happens. @returns what is told of it among the metrics */
  end(): Metrics {
    if (this.#stage !== undefined) this.#close(this.#now())
    this.#stage = undefined
    const times: Record<string, number> = {}
    for (const [stage, ms] of this.#totals) if (stage !== 'run') times[timeName(stage)] = Math.round(ms * 1000) / 1e6
    return times
  }

  #now(): number {
    return this.#clock.monotonic() - this.#origin
  }

  #close(to: number): void {
    const [stage, from] = [this.#stage, this.#since]
    this.#since = to
    if (stage === undefined || to <= from) return
    this.#totals.set(stage, (this.#totals.get(stage) ?? 0) + to - from)
    const last = this.#intervals.at(-1)
    if (last?.stage === stage) last.to = to
    else if (this.#intervals.length < MOST_INTERVALS) this.#intervals.push({ stage, from, to })
  }
}
