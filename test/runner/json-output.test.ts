import { describe, expect, test } from 'vitest'
import { OutputMeter } from '../../src/runner/json-output.ts'

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])
const circle: Record<string, unknown> = {}
circle.itself = circle

describe('an output is refused that', () => {
  test.each<[what: string, value: unknown, fault: string]>([
    ['is no number', Number.NaN, 'output is NaN'],
    ['is infinite, deep inside', { scores: [1, Number.NEGATIVE_INFINITY] }, 'output.scores.1 is -Infinity'],
    ['is a bigint', 5n, 'output is a bigint'],
    ['is a function', () => 1, 'output is a function'],
    ['holds a symbol', [Symbol('x')], 'output.0 is a symbol'],
    ['is a map', new Map(), 'output is a Map; give a plain object or an array'],
    ['is typed', { vector: new Float32Array(2) }, 'output.vector is a Float32Array; give a plain object or an array'],
    ['holds itself', circle, 'nests deeper than 500 levels'],
    ['is very deep', nested(600), 'nests deeper than 500 levels'],
  ])('%s', (_what, value, fault) => {
    expect(() => new OutputMeter().add(value)).toThrow(fault)
  })

  test('grows too long, in one piece or in many', () => {
    expect(() => new OutputMeter().add('x'.repeat(2 ** 25 + 1))).toThrow('The output is longer than')
    const meter = new OutputMeter()
    for (let i = 0; i < 32; i++) meter.add('x'.repeat(2 ** 20))
    expect(() => meter.add('x')).toThrow('The output is longer than')
  })
})

test.each<[value: unknown]>([
  [null],
  [undefined],
  ['text'],
  [0.5],
  [[1, [true, null]]],
  [{ a: { b: 'c' } }],
  [Object.create(null)],
  [new Date(0)],
  [nested(400)],
])('%j is fine', (value) => {
  expect(() => new OutputMeter().add(value)).not.toThrow()
})
