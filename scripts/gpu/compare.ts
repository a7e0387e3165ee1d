/**
 * GPUs since 2020 multiply 32-bit numbers with 10 bits of mantissa (TF32), and onnxruntime-node cannot tell them not to;
 * outputs of the bundled graphs lie between 0 and 1.
 */
export const TOLERANCE = 0.01

type Outputs = Readonly<Record<string, Float32Array>>

/** Infinite where something is missing or no number. */
export function largestDifference(expected: Outputs, actual: Outputs): number {
  let largest = 0
  for (const [name, numbers] of Object.entries(expected)) {
    const others = actual[name]
    if (others?.length !== numbers.length) return Number.POSITIVE_INFINITY
    for (const [index, number] of numbers.entries()) {
      const difference = Math.abs(number - (others[index] ?? Number.NaN))
      if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY
      if (difference > largest) largest = difference
    }
  }
  return largest
}
