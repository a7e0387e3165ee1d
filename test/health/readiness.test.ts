import { expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { Readiness, type ReadinessOptions } from '../../src/health/readiness.ts'

/** A server that is well, but for what is given, and how often it was asked to write. */
function readinessOf(changed: Partial<ReadinessOptions> = {}) {
  const state = { writes: 0, now: 0 }
  const readiness = new Readiness({
    writer: {
      failing: false,
      async submit() {
        state.writes++
      },
    },
    clock: { now: () => 0, monotonic: () => state.now },
    pendingPackages: () => 0,
    isRunning: () => true,
    isDraining: () => false,
    ...changed,
  })
  return { state, readiness }
}

const refusing = () => Promise.reject(new AppError('unavailable', 'The disk is full'))

test.each<[string, Partial<ReadinessOptions>, object]>([
  ['nothing', {}, {}],
  [
    'that the server stops, and nothing else',
    { isDraining: () => true, isRunning: () => false },
    { server: 'The server is shutting down' },
  ],
  ['packages', { pendingPackages: () => 2 }, { packages: 'Still to be looked at: 2' }],
  ['that nothing is run', { isRunning: () => false }, { runners: 'Predictions are not run yet' }],
  ['a write that was refused', { writer: { failing: false, submit: refusing } }, { database: 'The disk is full' }],
  [
    'a write of others that was refused',
    { writer: { failing: true, submit: refusing } },
    { database: 'The database cannot be written at the moment' },
  ],
  [
    'a write that takes long',
    { writer: { failing: false, submit: () => new Promise(() => {}) } },
    { database: 'The database takes long to write at the moment' },
  ],
])('tells of %s', async (_what, changed, troubles) => {
  expect(await readinessOf(changed).readiness.troubles()).toEqual(troubles)
})

test('writes once in two seconds, however many ask', async () => {
  const { state, readiness } = readinessOf()
  await Promise.all(Array.from({ length: 50 }, () => readiness.troubles()))
  expect(state.writes).toBe(1)
  state.now = 1_999
  await readiness.troubles()
  expect(state.writes).toBe(1)
  state.now = 2_000
  await readiness.troubles()
  expect(state.writes).toBe(2)
})
