/** From what a classifier gives to labels that people read. Pure. */

export type Activation = 'softmax' | 'sigmoid' | 'none'

export interface Score {
  label: string
  score: number
}

/** Half floats of a softmax do not add up better. */
const TOLERANCE = 0.01

/** Whether numbers already are the probabilities of classes of which one is true. */
export function isDistribution(values: ArrayLike<number>): boolean {
  const numbers = Array.from(values)
  const sum = numbers.reduce((total, value) => total + value, 0)
  return Math.abs(sum - 1) <= TOLERANCE && numbers.every((value) => value >= 0 && value <= 1 + TOLERANCE)
}

export function activate(values: ArrayLike<number>, activation: Activation): number[] {
  switch (activation) {
    case 'softmax':
      return softmax(values)
    case 'sigmoid':
      return Array.from(values, sigmoid)
    case 'none':
      return Array.from(values)
    default:
      return activation satisfies never
  }
}

/** Powers of differences to the largest value, which never overflow. */
function softmax(values: ArrayLike<number>): number[] {
  const numbers = Array.from(values)
  const largest = numbers.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  const powers = numbers.map((value) => Math.exp(value - largest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value))
}

/** The scores of two labels where a graph gives only that of the second. */
export function bothOf(scores: readonly number[], labelCount: number): readonly number[] {
  const [score] = scores
  return scores.length === 1 && labelCount === 2 && score !== undefined ? [1 - score, score] : scores
}

/** The highest scores with their labels, the highest first; of equal ones the earlier label. */
export function topScores(scores: readonly number[], labels: readonly string[], count: number): Score[] {
  return scores
    .map((score, index) => ({ label: labels[index] ?? String(index), score }))
    .sort((a, b) => b.score - a.score)
    .slice(0, count)
}
