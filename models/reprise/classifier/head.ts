import { FEATURES } from './features.ts'

/** What turns features into scores of classes. */
export interface Head {
  readonly labels: readonly string[]
  /** For each class so many weights as there are features, then its bias. */
  readonly weights: Float32Array
}

export interface Score {
  label: string
  /** From 0 to 1; those of all classes make 1. */
  score: number
}

export const HEAD_FILE = 'head.json'

/** The classes from the likeliest on. */
export function scoresOf(features: Float32Array, { labels, weights }: Head): Score[] {
  const scores = softmax(logitsOf(features, weights, labels.length))
  return labels
    .map((label, index) => ({ label, score: scores[index] ?? 0 }))
    .sort((some, other) => other.score - some.score)
}

export function logitsOf(features: Float32Array, weights: Float32Array, classes: number): Float64Array {
  const logits = new Float64Array(classes)
  for (let label = 0; label < classes; label += 1) {
    const start = label * (FEATURES + 1)
    let sum = weights[start + FEATURES] ?? 0
    for (let feature = 0; feature < FEATURES; feature += 1)
      sum += (weights[start + feature] ?? 0) * (features[feature] ?? 0)
    logits[label] = sum
  }
  return logits
}

/** Changes the logits into what they mean, in their place. */
export function softmax(logits: Float64Array): Float64Array {
  const highest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY)
  let sum = 0
  for (let label = 0; label < logits.length; label += 1) {
    const share = Math.exp((logits[label] ?? 0) - highest)
    logits[label] = share
    sum += share
  }
  for (let label = 0; label < logits.length; label += 1) logits[label] = (logits[label] ?? 0) / sum
  return logits
}

/** The weights as base64 of float32, little-endian. */
export function formatHead({ labels, weights }: Head): string {
  const bytes = Buffer.alloc(4 * weights.length)
  for (const [index, weight] of weights.entries()) bytes.writeFloatLE(weight, 4 * index)
  const names = labels.map((label) => JSON.stringify(label)).join(', ')
  return `{\n  "labels": [${names}],\n  "weights": "${bytes.toString('base64')}"\n}\n`
}

/** @throws when the text is not a head for these features */
export function parseHead(text: string): Head {
  const content: unknown = JSON.parse(text)
  if (typeof content !== 'object' || content === null || !('labels' in content) || !('weights' in content))
    throw new Error(`${HEAD_FILE} must hold labels and weights`)
  const { labels, weights } = content
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === 'string'))
    throw new Error(`${HEAD_FILE}: labels must be a list of texts`)
  if (typeof weights !== 'string') throw new Error(`${HEAD_FILE}: weights must be a text`)
  const bytes = Buffer.from(weights, 'base64')
  const count = labels.length * (FEATURES + 1)
  if (bytes.length !== 4 * count)
    throw new Error(
      `${HEAD_FILE}: ${labels.length} labels need ${4 * count} bytes of weights, and there are ${bytes.length}`,
    )
  return { labels, weights: Float32Array.from({ length: count }, (_, index) => bytes.readFloatLE(4 * index)) }
}
