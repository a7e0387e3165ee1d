import { expect, test } from 'vitest'
import { SettledTime } from '../src/settled-time.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** A clock of which both hands are moved. */
function setUp() {
  const hands = { wall: 1_700_000_000_000, monotonic: 5_000 }
  const settled = new SettledTime({ now: () => hands.wall, monotonic: () => hands.monotonic })
  const begin = hands.wall
  return {
    jump(byMs: number) {
      hands.wall += byMs
    },
    pass(timeMs: number) {
      hands.wall += timeMs
      hands.monotonic += timeMs
    },
    sinceBegin: () => settled.now() - begin,
  }
}

test('time that passes is believed', () => {
  const { pass, sinceBegin } = setUp()
  pass(30 * 24 * HOUR_MS)
  expect(sinceBegin()).toBe(30 * 24 * HOUR_MS)
})

test('a small correction is believed at once, in both directions', () => {
  const { jump, sinceBegin } = setUp()
  jump(30_000)
  expect(sinceBegin()).toBe(30_000)
  jump(-40_000)
  expect(sinceBegin()).toBe(-10_000)
})

test('a clock that is set back is believed at once', () => {
  const { jump, pass, sinceBegin } = setUp()
  jump(-HOUR_MS)
  expect(sinceBegin()).toBe(-HOUR_MS)
  pass(MINUTE_MS)
  expect(sinceBegin()).toBe(-HOUR_MS + MINUTE_MS)
})

test('one that jumps ahead is not, until it has stayed there for an hour', () => {
  const { jump, pass, sinceBegin } = setUp()
  jump(10 * HOUR_MS)
  expect(sinceBegin()).toBe(0)
  pass(59 * MINUTE_MS)
  expect(sinceBegin()).toBe(59 * MINUTE_MS)
  pass(MINUTE_MS)
  expect(sinceBegin()).toBe(11 * HOUR_MS)
})

test('one that comes back meanwhile has never been away', () => {
  const { jump, pass, sinceBegin } = setUp()
  for (let time = 1; time <= 3; time++) {
    jump(10 * HOUR_MS)
    sinceBegin()
    pass(40 * MINUTE_MS)
    sinceBegin()
    jump(-10 * HOUR_MS)
    expect(sinceBegin()).toBe(time * 40 * MINUTE_MS)
  }
})
