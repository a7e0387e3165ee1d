import { expect, test } from 'vitest'
import { type Declaration, describeTensor, isSymbol } from '../../src/tensors/declaration.ts'
import { describeFaults } from '../../src/tensors/input-fault.ts'
import { findSymbolFaults } from '../../src/tensors/symbols.ts'

const input = (name: string, shape: Declaration['shape'], dims: number[]) => ({
  declared: { name, type: 'float32' as const, shape },
  dims,
})

test.each([
  [[input('a', ['n', 2], [3, 2]), input('b', ['n'], [3])]],
  [[input('a', ['n', 'n'], [3, 3])]],
  // Sizes without a name, and what exporters write for any size, have nothing to do with each other.
  [[input('a', ['', ''], [1, 2]), input('b', [''], [3])]],
  [[input('a', ['None', '?', '-1'], [1, 2, 3]), input('b', ['None', '?', '-1'], [4, 5, 6])]],
  // A shape that is not declared says nothing.
  [[input('a', [], [1, 2]), input('b', ['n'], [3])]],
])('sizes of the same name agree: %j', (inputs) => {
  expect(findSymbolFaults(inputs)).toEqual([])
})

test('each input that disagrees is told once, with the size and where it is from', () => {
  const faults = findSymbolFaults([
    input('A', ['M', 'K'], [2, 4]),
    input('B', ['K', 'N'], [3, 5]),
    input('C', ['N', 'K', 'M'], [6, 3, 1]),
    input('D', ['Q', 'Q'], [1, 2]),
  ])
  expect(describeFaults(faults).split('\n')).toEqual([
    '- input.B: Invalid shape. Expected: shape [K, N] with K = 4 as in input.A, given: shape [3, 5]',
    '- input.C: Invalid shape. Expected: shape [N, K, M] with K = 4 as in input.A, given: shape [6, 3, 1]',
    '- input.D: Invalid shape. Expected: shape [Q, Q] with Q = 1 throughout, given: shape [1, 2]',
  ])
})

test.each([
  ['batch', true],
  ['größe', true],
  ['unk__5', true],
  ['', false],
  ['?', false],
  ['None', false],
  [3, false],
  [undefined, false],
])('%j is a name for a size: %j', (size, expected) => {
  expect(isSymbol(size)).toBe(expected)
})

test.each<[shape: Declaration['shape'], text: string]>([
  [['batch', 3, ''], 'float32 tensor of shape [batch, 3, ?]'],
  [[], 'float32 scalar, or float32 tensor of a shape that the graph leaves open'],
])('%j reads as %j', (shape, text) => {
  expect(describeTensor({ type: 'float32', shape })).toBe(text)
})
