import { randomFillSync } from 'node:crypto'
import { BASE32 } from './secret.ts'

export const ID_PATTERN = /^[0-9a-hjkmnp-tv-z]{26}$/
const TIME_LENGTH = 10
const RANDOM_LENGTH = 16
const RESERVE = 4096

/**
 * Makes ids that sort by the time they were made: 48 bits of milliseconds, then 80 random bits, as 26 characters of
 * lowercase Crockford base32. Within a millisecond each is larger than the one before, so that rows are inserted at
 * the end of the index and ids keep the order of creation.
 */
export class IdMaker {
  #millisecond = 0
  #prefix = ''
  readonly #digits = new Uint8Array(RANDOM_LENGTH)
  readonly #random = new Uint8Array(RESERVE)
  #used = RESERVE

  next(millisecond: number): string {
    if (millisecond > this.#millisecond) this.#begin(millisecond)
    else this.#increment()
    let id = this.#prefix
    for (const digit of this.#digits) id += BASE32[digit]
    return id
  }

  #begin(millisecond: number): void {
    this.#millisecond = millisecond
    let rest = millisecond
    let prefix = ''
    for (let i = 0; i < TIME_LENGTH; i++) {
      prefix = BASE32[rest % 32] + prefix
      rest = Math.floor(rest / 32)
    }
    this.#prefix = prefix
    for (let i = 0; i < RANDOM_LENGTH; i++) this.#digits[i] = this.#randomByte() & 31
    // Leaves room to count up for a whole millisecond.
    this.#digits[0] = (this.#digits[0] ?? 0) & 15
  }

  /** Adds a random step, so that neighbouring ids cannot be guessed from one another. */
  #increment(): void {
    let carry = 1 + this.#randomByte() + this.#randomByte() * 256
    for (let i = RANDOM_LENGTH - 1; i >= 0 && carry > 0; i--) {
      const sum = (this.#digits[i] ?? 0) + carry
      this.#digits[i] = sum & 31
      carry = sum >> 5
    }
  }

  #randomByte(): number {
    if (this.#used === RESERVE) {
      randomFillSync(this.#random)
      this.#used = 0
    }
    return this.#random[this.#used++] ?? 0
  }
}
