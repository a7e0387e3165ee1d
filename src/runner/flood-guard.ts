/** What one run may send: its largest output with every character escaped, and its logs. */
const MOST_BYTES = 256 * 2 ** 20
/** Messages at once, and what is added in a second; a runner that behaves sends about fifty. */
const MOST_MESSAGES = 10_000
const MESSAGES_PER_SECOND = 1_000

/** Counts what a runner sends between the ends of its runs, and tells when it is more than any run can need. */
export class FloodGuard {
  #bytes = 0
  #messages = 0
  #since: number

  /** @param now by a monotonic clock, in milliseconds */
  constructor(now: number) {
    this.#since = now
  }

  /** @returns false when it is too much */
  admit(bytes: number, now: number): boolean {
    this.#bytes += bytes
    this.#messages++
    const seconds = (now - this.#since) / 1000
    return this.#bytes <= MOST_BYTES && this.#messages <= MOST_MESSAGES + seconds * MESSAGES_PER_SECOND
  }

  /** A run has ended: what comes from now on belongs to others. */
  reset(now: number): void {
    this.#bytes = 0
    this.#messages = 0
    this.#since = now
  }
}
