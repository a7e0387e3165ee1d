/** How a sound comes to the length that a graph takes. Pure. */

/** Pieces of the same length one after the other, the last filled up with silence. */
export function windowsOf(samples: Float32Array, length: number): Float32Array[] {
  return Array.from({ length: Math.max(1, Math.ceil(samples.length / length)) }, (_, index) => {
    const window = new Float32Array(length)
    window.set(samples.subarray(index * length, (index + 1) * length))
    return window
  })
}

/** With a mean of 0 and a variance of 1; silence stays silence. */
export function standardized(samples: Float32Array): Float32Array {
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length
  const variance = samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) / samples.length
  const deviation = Math.sqrt(variance + 1e-7)
  return samples.map((sample) => (sample - mean) / deviation)
}

/** The mean of lists of the same length. */
export function averageOf(lists: readonly (readonly number[])[]): number[] {
  const [first = []] = lists
  return first.map((_, index) => lists.reduce((sum, list) => sum + (list[index] ?? 0), 0) / lists.length)
}
