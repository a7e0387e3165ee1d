import { randomInt } from 'node:crypto'

/** Random choices that can be made again: the seed is printed, and read from SEED. */
export class Random {
  readonly seed = Number(process.env.SEED ?? randomInt(2 ** 32))
  #state = this.seed

  constructor(purpose: string) {
    process.stdout.write(`${purpose}: SEED=${this.seed}\n`)
  }

  /** An integer from 0 to one below the bound (mulberry32). */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound)
  }
}
