import type { Tensor } from 'reprise/model'

/** Fills with numbers from -1 to 1 that hang on the seed, at the price of one multiplication each. */
export function fillFrom(seed: number, numbers: Float32Array): void {
  let state = Math.imul(seed, 2_654_435_761) | 1
  for (let i = 0; i < numbers.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    numbers[i] = state / 2 ** 31
  }
}

/** For each row of scores the place of the highest. */
export function bestOfRows(scores: Tensor | undefined, rows: number): number[] {
  if (!(scores?.data instanceof Float32Array)) throw new Error('The network gave no scores')
  const { data } = scores
  const width = data.length / rows
  return Array.from({ length: rows }, (_, row) => indexOfHighest(data.subarray(row * width, (row + 1) * width)))
}

function indexOfHighest(scores: Float32Array): number {
  let best = 0
  let highest = -Infinity
  for (const [index, score] of scores.entries())
    if (score > highest) {
      best = index
      highest = score
    }
  return best
}
