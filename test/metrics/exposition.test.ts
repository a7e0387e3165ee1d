import { expect, test } from 'vitest'
import { Exposition } from '../../src/metrics/exposition.ts'

/** Each answer takes as long as the test says. */
function setUp() {
  const state = { at: 1_000, made: 0, tookMs: 10, fails: false }
  const exposition = new Exposition(
    async () => {
      state.made++
      await undefined
      state.at += state.tookMs
      if (state.fails) throw new Error('It could not be made')
      return `answer ${state.made}`
    },
    () => state.at,
  )
  return { state, exposition }
}

test('those who ask at the same time get the same answer', async () => {
  const { state, exposition } = setUp()
  expect(await Promise.all([exposition.read(), exposition.read(), exposition.read()])).toEqual(
    Array(3).fill('answer 1'),
  )
  expect(state.made).toBe(1)
})

test('making answers takes no more than a tenth of the time', async () => {
  const { state, exposition } = setUp()
  await exposition.read()
  state.at += 89
  expect(await exposition.read()).toBe('answer 1')
  state.at += 1
  expect(await exposition.read()).toBe('answer 2')
})

test('an answer is never older than five seconds', async () => {
  const { state, exposition } = setUp()
  state.tookMs = 60_000
  await exposition.read()
  state.at += 5_000
  expect(await exposition.read()).toBe('answer 2')
})

test('one that could not be made is made anew', async () => {
  const { state, exposition } = setUp()
  state.fails = true
  await expect(exposition.read()).rejects.toThrow('It could not be made')
  state.fails = false
  state.at += 90
  expect(await exposition.read()).toBe('answer 2')
})
