import type { WebhookEvent } from '../predictions/prediction.ts'

/** Output and logs are told so often at most (replicate-api.md 8). */
const PERIOD_MS = 500

export const PROGRESS_EVENTS = ['output', 'logs'] as const satisfies readonly WebhookEvent[]
/** What is told while a prediction runs. */
export type ProgressEvent = (typeof PROGRESS_EVENTS)[number]

export function isProgress(event: WebhookEvent): event is ProgressEvent {
  return event === 'output' || event === 'logs'
}

/** How much of a kind a run has given out, and how much of it was told. */
interface Told {
  /** As of the last event that was sent. */
  amount: number
  /** When that try was over, by the monotonic clock. */
  at: number
  /** Whether another one waits or is being sent; it tells whatever there is at that moment. */
  waiting: boolean
}

/** Decides when a run's output and logs are told: at once, then no more often than every half second. */
export class Progress {
  readonly #told = new Map<ProgressEvent, Told>()

  constructor(events: Iterable<ProgressEvent>) {
    for (const event of events) this.#told.set(event, { amount: 0, at: Number.NEGATIVE_INFINITY, waiting: false })
  }

  /**
   * Takes note of how much there is.
   * @param now by the monotonic clock
   * @returns the events to be told, each with the milliseconds that have to pass before
   */
  grow(amounts: Readonly<Record<ProgressEvent, number>>, now: number): [event: ProgressEvent, waitMs: number][] {
    const due: [ProgressEvent, number][] = []
    for (const [event, told] of this.#told) {
      if (told.waiting || amounts[event] <= told.amount) continue
      told.waiting = true
      due.push([event, Math.max(0, told.at + PERIOD_MS - now)])
    }
    return due
  }

  /** An event that told this much has just been tried, or could not be kept. */
  tell(event: ProgressEvent, amount: number, now: number): void {
    this.#told.set(event, { amount, at: now, waiting: false })
  }
}
