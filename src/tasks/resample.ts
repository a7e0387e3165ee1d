/** Sound at another sample rate. Pure. */

export interface Sound {
  samples: Float32Array
  sampleRate: number
}

/** Zero crossings of the sinc to each side of a sample. */
const CROSSINGS = 16
/** As a share of the lower of both rates; half of it would be as high as sound can go. */
const CUTOFF = 0.45

/** Weighs old samples with a windowed sinc, which leaves out what is too high for the new rate. */
export function resample({ samples, sampleRate }: Sound, rate: number): Float32Array {
  if (sampleRate === rate) return samples
  const divisor = greatestCommonDivisor(sampleRate, rate)
  const [up, down] = [rate / divisor, sampleRate / divisor]
  const cutoff = CUTOFF * Math.min(1, rate / sampleRate)
  const reach = Math.ceil(CROSSINGS / (2 * cutoff))
  // One for each place that a new sample can have between two old ones.
  const filters = new Map<number, Float32Array>()
  const resampled = new Float32Array(Math.max(1, Math.round((samples.length * up) / down)))
  for (let index = 0; index < resampled.length; index++) {
    const before = Math.floor((index * down) / up)
    const phase = index * down - before * up
    const filter = filters.get(phase) ?? windowedSinc(phase / up, cutoff, reach)
    filters.set(phase, filter)
    const first = before - reach
    const [begin, end] = [Math.max(0, -first), Math.min(filter.length, samples.length - first)]
    let sum = 0
    for (let tap = begin; tap < end; tap++) sum += (filter[tap] ?? 0) * (samples[first + tap] ?? 0)
    resampled[index] = sum
  }
  return resampled
}

/** Of unit sum, with its middle `offset` behind that of the taps; `cutoff` in cycles for each sample. */
function windowedSinc(offset: number, cutoff: number, reach: number): Float32Array {
  const taps = Array.from({ length: 2 * reach + 2 }, (_, tap) => {
    const distance = tap - reach - offset
    return sinc(2 * cutoff * distance) * hann(distance / (reach + 1))
  })
  const sum = taps.reduce((total, tap) => total + tap, 0)
  return Float32Array.from(taps, (tap) => tap / sum)
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
}

/** From 0 at -1 over 1 at 0 to 0 at 1. */
function hann(x: number): number {
  return Math.abs(x) >= 1 ? 0 : 0.5 + 0.5 * Math.cos(Math.PI * x)
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
