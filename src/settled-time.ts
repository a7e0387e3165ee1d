import type { Clock } from './clock.ts'

/** A clock may be corrected by this at any time. */
const TOLERANCE_MS = 60_000
/** A clock that has jumped ahead is believed after so long. */
const BELIEVED_AFTER_MS = 3_600_000

/**
 * The time by which things are removed for good. A clock that jumps ahead, as when it is set wrong for a while, would
 * end the life of everything at once: the jump counts only when the clock has stayed there for an hour. One that is set
 * back is believed at once: things only stay longer.
 */
export class SettledTime {
  readonly #clock: Clock
  #wall: number
  #monotonic: number
  /** By the monotonic clock: since when the other one is ahead. */
  #aheadSince: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#wall = clock.now()
    this.#monotonic = clock.monotonic()
  }

  now(): number {
    const [wall, monotonic] = [this.#clock.now(), this.#clock.monotonic()]
    const expected = this.#wall + monotonic - this.#monotonic
    this.#monotonic = monotonic
    if (wall <= expected + TOLERANCE_MS) this.#aheadSince = undefined
    else this.#aheadSince ??= monotonic
    const believed = this.#aheadSince === undefined || monotonic - this.#aheadSince >= BELIEVED_AFTER_MS
    if (believed) this.#aheadSince = undefined
    this.#wall = believed ? wall : expected
    return this.#wall
  }
}
