/** Numbers from 0 to below 1, the same ones for the same seed (mulberry32). */
export function uniformNumbers(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Normally distributed numbers around zero. */
export function normalNumbers(count: number, standardDeviation: number, uniform: () => number): Float32Array {
  const numbers = new Float32Array(count)
  // Box and Muller: two uniform numbers make two normal ones. A last one without a place is dropped.
  for (let i = 0; i < count; i += 2) {
    const radius = standardDeviation * Math.sqrt(-2 * Math.log(1 - uniform()))
    const angle = 2 * Math.PI * uniform()
    numbers[i] = radius * Math.cos(angle)
    numbers[i + 1] = radius * Math.sin(angle)
  }
  return numbers
}
