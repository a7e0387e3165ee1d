/** Weight of the newest value. */
const NEWEST = 0.2

/** An average that forgets, a fifth with each value. */
export class MovingAverage {
  /** Undefined before the first value. */
  value: number | undefined

  add(value: number): void {
    this.value = this.value === undefined ? value : this.value + (value - this.value) * NEWEST
  }
}
