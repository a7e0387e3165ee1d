import type { Clock } from '../clock.ts'

/** A version that could not be set up is tried again after this. */
const BROKEN_MS = 5 * 60_000
/** Waits before a version whose process died during setup is tried again; after the last it counts as broken. */
const CRASH_BACKOFF_MS = [100, 1_000]

export interface Breakage {
  reason: string
  /** When it is tried again, by the monotonic clock. */
  until: number
}

/**
 * What has gone wrong with loading a version, and when it may be tried again.
 *
 *   sound ──crash──► pausing ──crash──► pausing ──crash or refusal──► broken, for five minutes
 *     ▲─────────────────┴─ something ran ─┘                              │
 *     └──────────────────────────────────────────────────────────────────┘
 */
export class SetupFailures {
  readonly #clock: Clock
  #crashes = 0
  #pause: NodeJS.Timeout | undefined
  #broken: Breakage | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Why it cannot be loaded at present; undefined when it can, or will be shortly. */
  get broken(): Breakage | undefined {
    if (this.#broken && this.#clock.monotonic() >= this.#broken.until) this.#broken = undefined
    return this.#broken
  }

  /** Whether it may be tried now. */
  get mayTry(): boolean {
    return this.#pause === undefined && this.broken === undefined
  }

  /** What was loaded has run something. */
  forgive(): void {
    this.#crashes = 0
  }

  /**
   * Counts a process that died before it ran anything.
   * @returns false when it has been tried often enough; otherwise `retry` is called after a while
   */
  pauseAfterCrash(retry: () => void): boolean {
    // Several replicas of one round are one try.
    if (this.#pause) return true
    const wait = CRASH_BACKOFF_MS[this.#crashes++]
    if (wait === undefined) return false
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      retry()
    }, wait)
    return true
  }

  break(reason: string): void {
    this.#crashes = 0
    this.#broken = { reason, until: this.#clock.monotonic() + BROKEN_MS }
  }

  /** Tries nothing again any more. */
  stop(): void {
    clearTimeout(this.#pause)
  }
}
