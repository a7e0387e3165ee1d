import { expect, test } from 'vitest'
import { FloodGuard } from '../../src/runner/flood-guard.ts'

const MEBIBYTE = 2 ** 20
const START = 5_000

/** Messages that come at one moment, in milliseconds after the start. */
interface Burst {
  messages: number
  bytes: number
  at: number
}

test.each<[string, boolean, Burst[]]>([
  ['as many messages as may come at once', true, [{ messages: 10_000, bytes: 1, at: 0 }]],
  ['one more than may come at once', false, [{ messages: 10_001, bytes: 1, at: 0 }]],
  [
    'as many more as a second allows',
    true,
    [
      { messages: 10_000, bytes: 1, at: 0 },
      { messages: 1_000, bytes: 1, at: 1_000 },
    ],
  ],
  [
    'more than a second allows',
    false,
    [
      { messages: 10_000, bytes: 1, at: 0 },
      { messages: 1_001, bytes: 1, at: 1_000 },
    ],
  ],
  ['many messages over a longer time', true, [{ messages: 110_000, bytes: 1, at: 100_000 }]],
  ['as many bytes as a run may send', true, [{ messages: 256, bytes: MEBIBYTE, at: 0 }]],
  [
    'a byte more than a run may send',
    false,
    [
      { messages: 256, bytes: MEBIBYTE, at: 0 },
      { messages: 1, bytes: 1, at: 0 },
    ],
  ],
  ['more bytes than a run may send, however slowly', false, [{ messages: 257, bytes: MEBIBYTE, at: 3_600_000 }]],
])('%s: %s', (_, admitted, bursts) => {
  const guard = new FloodGuard(START)
  expect(admitAll(guard, bursts)).toBe(admitted)
  guard.reset(START + 3_600_000)
  expect(admitAll(guard, [{ messages: 10_000, bytes: 1, at: 3_600_000 }])).toBe(true)
})

function admitAll(guard: FloodGuard, bursts: readonly Burst[]): boolean {
  return bursts
    .flatMap(({ messages, bytes, at }) => Array.from({ length: messages }, () => guard.admit(bytes, START + at)))
    .every(Boolean)
}
