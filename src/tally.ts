/** Counts by name; a name whose count is zero is forgotten. */
export class Tally {
  readonly #counts = new Map<string, number>()

  /** How many names have a count. */
  get size(): number {
    return this.#counts.size
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  /** The names that have a count, with that. */
  [Symbol.iterator](): Iterator<readonly [name: string, count: number]> {
    return this.#counts.entries()
  }

  add(name: string, count = 1): void {
    const sum = this.of(name) + count
    if (sum === 0) this.#counts.delete(name)
    else this.#counts.set(name, sum)
  }
}
