import type { Clock } from '../clock.ts'

/** When those who wait for a model are told how long it has taken: not at all where it is quick. */
const TELL_AT_MS = [1_000, 2_000, 5_000, 10_000, 20_000]
const THEN_EVERY_MS = 20_000

export interface LoadProgressOptions {
  clock: Clock
  /** What is being done, such as `Loading acme/model`. */
  doing(): string
  tell(text: string): void
}

/** Tells those who wait for a model to load that it does, and for how long already. */
export class LoadProgress {
  readonly #options: LoadProgressOptions
  #timer: NodeJS.Timeout | undefined
  #since = 0
  #told = 0

  constructor(options: LoadProgressOptions) {
    this.#options = options
  }

  /** Begins to count, unless it does already. */
  begin(): void {
    if (this.#timer) return
    this.#since = this.#options.clock.monotonic()
    this.#told = 0
    this.#arm()
  }

  /** @param outcome what has come of it, such as `Loaded acme/model`; said only to those who were told of the wait */
  end(outcome?: string): void {
    if (!this.#timer) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (outcome !== undefined && this.#told > 0) this.#options.tell(`${outcome} after ${this.#elapsed(1)} s\n`)
  }

  #arm(): void {
    const last = TELL_AT_MS.length - 1
    const at = TELL_AT_MS[this.#told] ?? (TELL_AT_MS[last] ?? 0) + (this.#told - last) * THEN_EVERY_MS
    const elapsed = this.#options.clock.monotonic() - this.#since
    this.#timer = setTimeout(() => {
      this.#told++
      this.#options.tell(`${this.#options.doing()}: ${this.#elapsed(0)} s so far\n`)
      this.#arm()
    }, at - elapsed)
  }

  #elapsed(digits: number): string {
    return ((this.#options.clock.monotonic() - this.#since) / 1000).toFixed(digits)
  }
}
