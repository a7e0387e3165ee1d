import { uniformNumbers } from '../onnx/random.ts'

/** Choices that can be made again. */
export class Random {
  /** Gives numbers from 0 to just below 1. */
  readonly next: () => number

  constructor(seed: number) {
    this.next = uniformNumbers(seed)
  }

  /** An integer from 0 to one below the bound. */
  below(bound: number): number {
    return Math.floor(this.next() * bound)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(first: T, ...others: T[]): T {
    return others[this.below(others.length + 1) - 1] ?? first
  }

  /** One of a list that is not empty. */
  from<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)]
    if (found === undefined) throw new Error('There is nothing to choose from')
    return found
  }

  weighted<T extends { weight: number }>(choices: readonly T[]): T {
    let rest = this.next() * choices.reduce((sum, { weight }) => sum + weight, 0)
    const found = choices.find(({ weight }) => {
      rest -= weight
      return rest < 0
    })
    if (!found) throw new Error('There is nothing to choose from')
    return found
  }
}
