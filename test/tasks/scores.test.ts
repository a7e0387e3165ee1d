import { expect, test } from 'vitest'
import { activate, bothOf, isDistribution, topScores } from '../../src/tasks/scores.ts'

test.each([
  { values: [0.2, 0.3, 0.5], is: true, what: 'adds up to one' },
  { values: [0, 0, 1], is: true, what: 'is sure of one' },
  { values: [0.2002, 0.2998, 0.4985], is: true, what: 'adds up to nearly one, as half floats do' },
  { values: [0.2, 0.3, 0.4], is: false, what: 'adds up to less' },
  { values: [-0.5, 0.5, 1], is: false, what: 'adds up to one with a number below zero' },
  { values: [1.5, -0.5], is: false, what: 'adds up to one with a number above one' },
  { values: [Number.NaN, 1], is: false, what: 'holds what is no number' },
  { values: [], is: false, what: 'is empty' },
])('whether $values are probabilities: $is, as it $what', ({ values, is }) => {
  expect(isDistribution(values)).toBe(is)
})

test.each([
  { activation: 'softmax' as const, values: [1, 1], wanted: [0.5, 0.5] },
  { activation: 'softmax' as const, values: [0, Math.log(3)], wanted: [0.25, 0.75] },
  { activation: 'softmax' as const, values: [6574, -1900], wanted: [1, 0] },
  { activation: 'softmax' as const, values: [-1e30, -1e30], wanted: [0.5, 0.5] },
  { activation: 'sigmoid' as const, values: [0, 800, -800], wanted: [0.5, 1, 0] },
  { activation: 'none' as const, values: [3, -2], wanted: [3, -2] },
])('$activation makes $wanted of $values', ({ activation, values, wanted }) => {
  const scores = activate(Float32Array.from(values), activation)
  expect(scores).toHaveLength(wanted.length)
  for (const [index, score] of scores.entries()) expect(score).toBeCloseTo(wanted[index] ?? Number.NaN, 6)
})

test('one score stands for the second of two labels, and for nothing else', () => {
  expect(bothOf([0.25], 2)).toEqual([0.75, 0.25])
  expect(bothOf([0.25], 1)).toEqual([0.25])
  expect(bothOf([0.25, 0.75], 2)).toEqual([0.25, 0.75])
})

test('the highest scores come first, and of equal ones the earlier label', () => {
  const labels = ['a', 'b', 'c', 'd']
  expect(topScores([0.1, 0.4, 0.1, 0.4], labels, 3)).toEqual([
    { label: 'b', score: 0.4 },
    { label: 'd', score: 0.4 },
    { label: 'a', score: 0.1 },
  ])
  expect(topScores([1], labels, 5)).toEqual([{ label: 'a', score: 1 }])
})
