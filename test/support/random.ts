import { randomInt } from 'node:crypto'
import { uniformNumbers } from '../../scripts/onnx/random.ts'

/** Random choices that can be made again: the seed is printed, and read from SEED. */
export class Random {
  readonly seed = Number(process.env.SEED ?? randomInt(2 ** 32))
  readonly #next = uniformNumbers(this.seed)

  constructor(purpose: string) {
    process.stdout.write(`${purpose}: SEED=${this.seed}\n`)
  }

  /** An integer from 0 to one below the bound. */
  below(bound: number): number {
    return Math.floor(this.#next() * bound)
  }
}
