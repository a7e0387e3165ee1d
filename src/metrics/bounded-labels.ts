/** What stands for all that have no series of their own. */
export const OTHER = 'other'
/** What nobody has asked for in this time gives up its place to something new. */
const IDLE_MS = 3_600_000

export interface BoundedLabelsOptions {
  most: number
  /** The monotonic clock. */
  now(): number
  /** Called when the series of a value are to be removed. */
  onForgotten(value: string): void
}

/**
 * Values of a label of which there can be thousands, as of models and versions. There are no more than a number at a
 * time; what comes when all places are taken counts as `other`, unless one has not been asked for in an hour.
 */
export class BoundedLabels {
  readonly #options: BoundedLabelsOptions
  /** When each was asked for last, the longest ago first. */
  readonly #lastUse = new Map<string, number>()

  constructor(options: BoundedLabelsOptions) {
    this.#options = options
  }

  /** The value itself, or `other`. */
  labelOf(value: string): string {
    const now = this.#options.now()
    if (this.#lastUse.delete(value) || this.#hasRoom(now)) {
      this.#lastUse.set(value, now)
      return value
    }
    return OTHER
  }

  /** Gives up the place of something that is gone. */
  forget(value: string): void {
    if (this.#lastUse.delete(value)) this.#options.onForgotten(value)
  }

  #hasRoom(now: number): boolean {
    if (this.#lastUse.size < this.#options.most) return true
    const [oldest] = this.#lastUse
    if (!oldest || now - oldest[1] < IDLE_MS) return false
    this.forget(oldest[0])
    return true
  }
}
