import type { Resampled } from './resample.ts'

export const SAMPLE_RATE = 16_000
export const FRAME = 1024
const HOP = 160
export const HOP_SECONDS = HOP / SAMPLE_RATE

/** How many moments a sound has: 0, `HOP_SECONDS`, 2 `HOP_SECONDS`, ... */
export function countFrames(sound: Resampled): number {
  return Math.ceil(sound.length / HOP)
}

/** What sounds around `count` moments from `first` on. */
export function framesOf(sound: Resampled, first: number, count: number): Float32Array[] {
  const start = first * HOP - FRAME / 2
  const samples = sound.read(start, start + (count - 1) * HOP + FRAME)
  return Array.from({ length: count }, (_, index) => samples.subarray(index * HOP, index * HOP + FRAME))
}
