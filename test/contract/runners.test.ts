import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { create, listRunners, run } from '../support/requests.ts'
import { HOSTILE_MODELS } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testServer } from '../support/test-server.ts'
import { waitingRun } from '../support/waits.ts'

const SETTINGS = { BUNDLED_MODELS: 'off', MODELS_DIR: someModels('waits', 'tokens'), MEMORY: '2GiB', THREADS: '2' }

test('GET /v1/runners shows what is loaded, what it does, and what it takes', async () => {
  const server = await testServer(SETTINGS)
  expect(await listRunners(server)).toEqual({
    threads: 2,
    memory_limit_bytes: 2 * 2 ** 30,
    memory_used_bytes: 0,
    queued: 0,
    results: [],
  })
  const [first, second] = [waitingRun('first'), waitingRun('second')]
  await create(server, 'test/waits', first.input)
  await first.started()
  await create(server, 'test/waits', second.input)
  const { version } = await run(server, 'test/tokens', { count: 1 })
  await eventually(async () => {
    const { memory_used_bytes: used, queued, results } = await listRunners(server)
    expect(used).toBeGreaterThan(20 * 2 ** 20)
    expect(queued).toBe(1)
    const whole = {
      version: expect.stringMatching(/^[0-9a-f]{64}$/),
      pid: expect.any(Number),
      memory_bytes: expect.any(Number),
      load_seconds: expect.any(Number),
      idle_seconds: null,
      deployment: null,
      device: null,
      error: null,
      retry_in_seconds: null,
    }
    expect(results).toEqual([
      { ...whole, model: 'test/waits', state: 'busy', threads: 2, runs: 0, running: 1, queued: 1 },
      {
        ...whole,
        model: 'test/tokens',
        version,
        state: 'idle',
        threads: 1,
        runs: 1,
        running: 0,
        queued: 0,
        idle_seconds: expect.any(Number),
      },
      expect.objectContaining({ state: 'spare', model: null, version: null }),
    ])
  })
  for (const waiting of [first, second]) waiting.go()
})

test('it shows what is broken, why, and when it is tried again', async () => {
  const server = await testServer({ BUNDLED_MODELS: 'off', MODELS_DIR: HOSTILE_MODELS })
  const { error } = await run(server, 'hostile/fails-setup', {})
  const { results } = await listRunners(server)
  expect(results).toEqual([
    expect.objectContaining({ state: 'broken', model: 'hostile/fails-setup', pid: null, error }),
  ])
  expect(results[0]?.retry_in_seconds).toBeGreaterThan(290)
  expect(results[0]?.retry_in_seconds).toBeLessThanOrEqual(300)
})

test('who is no operator sees no processes, and no reasons', async () => {
  const server = await testServer({
    BUNDLED_MODELS: 'off',
    MODELS_DIR: HOSTILE_MODELS,
    API_TOKENS: 'alice:r8_alice,bob:r8_bob,r8_local',
    OPERATORS: 'bob',
  })
  const as = (token: string) => ({ authorization: `Bearer ${token}` })
  await create(server, 'hostile/prints', {}, { ...as('r8_alice'), prefer: 'wait' })
  await create(server, 'hostile/fails-setup', {}, { ...as('r8_alice'), prefer: 'wait' })
  const seenBy = async (token: string) => {
    const { results } = await listRunners(server, as(token))
    return results.filter(({ model }) => model).map(({ model, pid, error }) => [model, pid !== null, error !== null])
  }
  const whole = [
    ['hostile/prints', true, false],
    ['hostile/fails-setup', false, true],
  ]
  expect(await seenBy('r8_bob')).toEqual(whole)
  expect(await seenBy('r8_local')).toEqual(whole)
  expect(await seenBy('r8_alice')).toEqual(whole.map(([model]) => [model, false, false]))
  expect(await listRunners(server, as('r8_bob'))).toMatchObject({ memory_limit_bytes: expect.any(Number) })
  expect(await listRunners(server, as('r8_alice'))).toMatchObject({ memory_limit_bytes: null, memory_used_bytes: null })
  expect((await server.call('GET', '/v1/runners')).status).toBe(401)
})
