import { setImmediate } from 'node:timers/promises'
import { FEATURES, LOOKS } from './features.ts'
import { logitsOf, softmax } from './head.ts'

/** What a view of a picture looks like, and the number of its class. */
export interface Example {
  features: Float32Array
  label: number
}

const STEPS = 200
/** How strongly weights are held near zero: less follows few examples too closely, more tells classes apart too weakly. */
const DECAY = 3e-4
/**
 * Of the steps. Scaled features of length 1 and a bias bound how fast the slope of the loss can change, so that this length is
 * safe for any examples.
 */
const RATE = 1
/** Examples between two turns of the event loop. */
const EXAMPLES_AT_A_TIME = 512

/**
 * Logistic regression over the features, with each class counting the same however many examples it has. The same
 * examples make the same weights.
 * @param colours from 0 to 1: how much the colours may decide, beside what the network sees
 * @returns weights as in a head
 */
export async function fitHead(
  examples: readonly Example[],
  classes: number,
  colours: number,
  signal: AbortSignal,
): Promise<Float32Array> {
  const scales = [...Array(LOOKS).fill(Math.sqrt(1 - colours ** 2)), ...Array(FEATURES - LOOKS).fill(colours)]
  const scaled = examples.map(({ features, label }) => ({
    features: features.map((value, feature) => value * scales[feature]),
    label,
  }))
  const weights = await fitScaled(scaled, classes, signal)
  return weights.map((weight, index) => weight * (scales[index % (FEATURES + 1)] ?? 1))
}

async function fitScaled(examples: readonly Example[], classes: number, signal: AbortSignal): Promise<Float32Array> {
  const shares = sharesOf(examples, classes)
  const size = classes * (FEATURES + 1)
  let weights = new Float32Array(size)
  let former = weights
  for (let step = 0; step < STEPS; step += 1) {
    // Nesterov's way: the slope is taken where the last step would lead if it were gone on with.
    const ahead = weights.map((weight, index) => weight + (step / (step + 3)) * (weight - (former[index] ?? 0)))
    const slope = await slopeAt(ahead, examples, shares, signal)
    former = weights
    weights = ahead.map((weight, index) => weight - RATE * ((slope[index] ?? 0) + DECAY * weight))
  }
  return weights
}

/** What one example of each class counts, so that those of all classes that have any make 1. */
function sharesOf(examples: readonly Example[], classes: number): Float64Array {
  const counts = new Float64Array(classes)
  for (const { label } of examples) counts[label] = (counts[label] ?? 0) + 1
  const present = counts.filter((count) => count > 0).length
  return counts.map((count) => (count > 0 ? 1 / (count * present) : 0))
}

async function slopeAt(
  weights: Float32Array,
  examples: readonly Example[],
  shares: Float64Array,
  signal: AbortSignal,
): Promise<Float64Array> {
  const slope = new Float64Array(weights.length)
  for (const [index, { features, label }] of examples.entries()) {
    if (index % EXAMPLES_AT_A_TIME === 0) await setImmediate()
    signal.throwIfAborted()
    const share = shares[label] ?? 0
    const errors = softmax(logitsOf(features, weights, shares.length))
    errors[label] = (errors[label] ?? 0) - 1
    for (const [other, error] of errors.entries()) {
      const start = other * (FEATURES + 1)
      const step = share * error
      for (let feature = 0; feature < FEATURES; feature += 1)
        slope[start + feature] = (slope[start + feature] ?? 0) + step * (features[feature] ?? 0)
      slope[start + FEATURES] = (slope[start + FEATURES] ?? 0) + step
    }
  }
  return slope
}
