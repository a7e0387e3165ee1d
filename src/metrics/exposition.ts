/** An answer is given again for so many times as long as it took to make. */
const REUSE = 9
const LONGEST_REUSE_MS = 5_000

/** What scrapes are answered: made anew only so often that they never take more than a tenth of the server's time. */
export class Exposition {
  readonly #make: () => Promise<string>
  readonly #now: () => number
  #text: Promise<string> | undefined
  #madeAt = Number.NEGATIVE_INFINITY
  #reuseMs = 0

  /** @param now the monotonic clock */
  constructor(make: () => Promise<string>, now: () => number) {
    this.#make = make
    this.#now = now
  }

  read(): Promise<string> {
    if (this.#text && this.#now() - this.#madeAt < this.#reuseMs) return this.#text
    this.#text = this.#makeAnew()
    return this.#text
  }

  async #makeAnew(): Promise<string> {
    const begin = this.#now()
    // Until it is made, everybody waits for this one.
    this.#madeAt = begin
    this.#reuseMs = Number.POSITIVE_INFINITY
    try {
      return await this.#make()
    } finally {
      this.#madeAt = this.#now()
      this.#reuseMs = Math.min(REUSE * (this.#madeAt - begin), LONGEST_REUSE_MS)
    }
  }
}
