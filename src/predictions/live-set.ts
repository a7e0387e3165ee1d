import { Tally } from '../tally.ts'
import type { LivePrediction } from './live-prediction.ts'

/** Characters of input held in memory before no more are taken. */
const MOST_CHARACTERS = 512 * 2 ** 20
/** Bytes of input held on the disk for predictions that have not ended before no more are taken. */
const MOST_BYTES = 16 * 2 ** 30

/** The predictions that have not ended, and what their inputs take. */
export class LiveSet {
  readonly #live = new Map<string, { live: LivePrediction; bytes: number }>()
  readonly #byModel = new Tally()
  #characters = 0
  #bytes = 0

  get size(): number {
    return this.#live.size
  }

  /** How many there are of each model that has some. */
  get byModel(): Iterable<readonly [model: string, count: number]> {
    return this.#byModel
  }

  /** Why no more can be taken; undefined while there is room. */
  get full(): string | undefined {
    if (this.#characters > MOST_CHARACTERS)
      return 'The inputs of waiting and running predictions fill the memory set aside for them'
    if (this.#bytes > MOST_BYTES)
      return 'The inputs of waiting and running predictions fill the disk space set aside for them'
    return undefined
  }

  get(id: string): LivePrediction | undefined {
    return this.#live.get(id)?.live
  }

  has(id: string): boolean {
    return this.#live.has(id)
  }

  add(live: LivePrediction): void {
    this.#live.set(live.id, { live, bytes: live.bytes })
    this.#byModel.add(live.committed.model)
    this.#characters += live.size
    this.#bytes += live.bytes
  }

  /** Takes note that a prediction takes another part of the disk than before. */
  recount(live: LivePrediction): void {
    const counted = this.#live.get(live.id)
    if (!counted) return
    this.#bytes += live.bytes - counted.bytes
    counted.bytes = live.bytes
  }

  remove(live: LivePrediction): void {
    const counted = this.#live.get(live.id)
    if (!counted) return
    this.#live.delete(live.id)
    this.#byModel.add(live.committed.model, -1)
    this.#characters -= live.size
    this.#bytes -= counted.bytes
  }

  *[Symbol.iterator](): Generator<LivePrediction> {
    for (const { live } of this.#live.values()) yield live
  }
}
