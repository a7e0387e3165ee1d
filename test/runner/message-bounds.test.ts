import { expect, test } from 'vitest'
import { isBloated } from '../../src/runner/message-bounds.ts'

const FIVE_MILLION = 5_000_000

test.each([
  { what: 'five million objects', line: `[${'{},'.repeat(FIVE_MILLION)}0]`, bloated: true },
  { what: 'five million arrays', line: `[${'[],'.repeat(FIVE_MILLION)}0]`, bloated: true },
  { what: 'five million numbers', line: `[${'0,'.repeat(FIVE_MILLION)}0]`, bloated: false },
  { what: 'a text of brackets', line: JSON.stringify('{['.repeat(FIVE_MILLION)), bloated: false },
  { what: 'a text of quotes and brackets', line: JSON.stringify('"{\\'.repeat(FIVE_MILLION)), bloated: false },
  { what: 'a small message', line: '[{"type":"done"}]', bloated: false },
])('$what: too much for one message? $bloated', ({ line, bloated }) => {
  expect(isBloated(Buffer.from(line))).toBe(bloated)
})
