import type { Sound } from './wav.ts'

// Zero crossings of the sinc to each side: with a Blackman window, what folds back lies 74 dB down or more.
const CROSSINGS = 24
// The sinc halves what lies at this share of the lower rate; all below 0.4 passes, nothing above 0.51.
const CUTOFF = 0.45

/** A sound at another sample rate, computed where it is read. */
export class Resampled {
  /** Samples at the new rate. */
  readonly length: number
  readonly #samples: Float32Array
  /** The rates without their common divisor: `#up` new samples last as long as `#down` old ones. */
  readonly #up: number
  readonly #down: number
  readonly #cutoff: number
  readonly #reach: number
  /** One for each place that a new sample can have between two old ones, made when it is first needed. */
  readonly #filters: (Float32Array | undefined)[] = []

  constructor({ samples, sampleRate }: Sound, rate: number) {
    const divisor = greatestCommonDivisor(sampleRate, rate)
    this.#samples = samples
    this.#up = rate / divisor
    this.#down = sampleRate / divisor
    this.#cutoff = CUTOFF * Math.min(1, rate / sampleRate)
    this.#reach = Math.ceil(CROSSINGS / (2 * this.#cutoff))
    this.length = Math.ceil((samples.length * this.#up) / this.#down)
  }

  /** Samples from `start` to before `end`; silence where the sound has not begun or is over. */
  read(start: number, end: number): Float32Array {
    return Float32Array.from({ length: end - start }, (_, index) => this.#at(start + index))
  }

  #at(index: number): number {
    if (this.#up === this.#down) return this.#samples[index] ?? 0
    const position = index * this.#down
    const before = Math.floor(position / this.#up)
    const filter = this.#filter(position - before * this.#up)
    const first = before - this.#reach
    const begin = Math.max(0, -first)
    const end = Math.min(filter.length, this.#samples.length - first)
    let sum = 0
    for (let tap = begin; tap < end; tap++) sum += (filter[tap] ?? 0) * (this.#samples[first + tap] ?? 0)
    return sum
  }

  #filter(phase: number): Float32Array {
    const filter = this.#filters[phase] ?? windowedSinc(phase / this.#up, this.#cutoff, this.#reach)
    this.#filters[phase] = filter
    return filter
  }
}

/** Low-pass filter of unit sum, centred `offset` behind its middle; `cutoff` in cycles for each sample. */
function windowedSinc(offset: number, cutoff: number, reach: number): Float32Array {
  const taps = Float64Array.from({ length: 2 * reach + 2 }, (_, tap) => {
    const distance = tap - reach - offset
    return sinc(2 * cutoff * distance) * blackman(distance / (reach + 1))
  })
  const sum = taps.reduce((total, tap) => total + tap, 0)
  return Float32Array.from(taps, (tap) => tap / sum)
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
}

/** From 0 at -1 over 1 at 0 to 0 at 1. */
function blackman(x: number): number {
  return Math.abs(x) >= 1 ? 0 : 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x)
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
