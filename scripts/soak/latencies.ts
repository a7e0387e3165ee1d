const GROWTH = 1.05

/** Durations, kept as counts by size: however many there are, they take the same memory. */
export class Latencies {
  readonly #counts = new Map<number, number>()
  #count = 0
  #maxMs = 0

  add(milliseconds: number): void {
    const bucket = Math.ceil(Math.log(Math.max(0.1, milliseconds)) / Math.log(GROWTH))
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1)
    this.#count++
    this.#maxMs = Math.max(this.#maxMs, milliseconds)
  }

  get maxMs(): number {
    return this.#maxMs
  }

  /** Right within the growth of a bucket, 5 %. */
  percentile(percent: number): number {
    let rest = (this.#count * percent) / 100
    for (const [bucket, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      rest -= count
      if (rest <= 0) return Math.min(GROWTH ** bucket, this.#maxMs)
    }
    return Number.NaN
  }
}
