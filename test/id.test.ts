import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ID_PATTERN, IdMaker } from '../src/id.ts'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

test('an id begins with the millisecond it was made in', () => {
  const id = new IdMaker().next(1_700_000_000_123)
  const time = [...id.slice(0, 10)].reduce((sum, digit) => sum * 32 + ALPHABET.indexOf(digit), 0)
  expect(id).toMatch(ID_PATTERN)
  expect(time).toBe(1_700_000_000_123)
})

test('each of 100000 ids of one millisecond is larger than the one before', () => {
  const maker = new IdMaker()
  let last = ''
  let badlyFormed = 0
  let notLarger = 0
  for (let i = 0; i < 100_000; i++) {
    const id = maker.next(1_700_000_000_000)
    if (!ID_PATTERN.test(id)) badlyFormed++
    if (id <= last) notLarger++
    last = id
  }
  expect({ badlyFormed, notLarger }).toEqual({ badlyFormed: 0, notLarger: 0 })
})

test('ids sort by the time they were made, also when the clock stands still or goes back', () => {
  const times = fc.array(fc.integer({ min: 1, max: 2 ** 48 - 1 }), { minLength: 2 })
  fc.assert(
    fc.property(times, (milliseconds) => {
      const maker = new IdMaker()
      const ids = milliseconds.map((millisecond) => maker.next(millisecond))
      expect(ids).toEqual([...new Set(ids)].sort())
      expect(ids.every((id) => ID_PATTERN.test(id))).toBe(true)
    }),
  )
})

test('two makers do not make the same ids', () => {
  const makers = Array.from({ length: 200 }, () => new IdMaker())
  const ids = makers.flatMap((maker) => Array.from({ length: 50 }, () => maker.next(1_700_000_000_000)))
  expect(new Set(ids).size).toBe(10_000)
})

test('the step from one id to the next cannot be guessed', () => {
  const maker = new IdMaker()
  const number = (id: string) => [...id].reduce((sum, digit) => sum * 32n + BigInt(ALPHABET.indexOf(digit)), 0n)
  const ids = Array.from({ length: 1_001 }, () => number(maker.next(1_700_000_000_000)))
  const steps = new Set(ids.slice(1).map((id, index) => id - (ids[index] ?? 0n)))
  expect(steps.size).toBeGreaterThan(900)
})

test.each(['', 'a', '01hf000000000000000000000i', '01HF0000000000000000000000', '01hf00000000000000000000000'])(
  '"%s" is not an id',
  (text) => {
    expect(ID_PATTERN.test(text)).toBe(false)
  },
)
