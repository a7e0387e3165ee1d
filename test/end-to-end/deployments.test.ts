/** What is deployed outlives its server: what is kept is loaded again, and what waits runs where it was asked to. */
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { INTERRUPTED } from '../../src/predictions/prediction.ts'
import { eventually } from '../support/eventually.ts'
import { create, endOf, find, listRunners, run } from '../support/requests.ts'
import { FIXTURE_MODELS, HOSTILE_MODELS, type ServerProcess } from '../support/server.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess } from '../support/test-server.ts'
import { type WaitingRun, waitingRun } from '../support/waits.ts'
import { bodyOf } from '../support/wire.ts'

const THREADS = { BUNDLED_MODELS: 'off', THREADS: '4', MEMORY: '4GiB' }

async function deploy({ call, client }: ServerProcess, name: string, model: string, min: number): Promise<void> {
  const [owner = '', modelName = ''] = model.split('/')
  // On a busy machine it listens before it has looked at the packages.
  const { latest_version: latest } = await eventually(() => client.models.get(owner, modelName))
  const body = { name, model, version: latest?.id, hardware: 'cpu', min_instances: min, max_instances: 1 }
  const response = await call('POST', '/v1/deployments', { body })
  expect(response.status, await response.text()).toBe(200)
}

async function begin({ call }: ServerProcess, name: string, waiting: WaitingRun): Promise<string> {
  const response = await call('POST', `/v1/deployments/local/${name}/predictions`, { body: { input: waiting.input } })
  expect(response.status).toBe(201)
  return (await bodyOf(response)).id
}

async function states(server: ServerProcess): Promise<[deployment: string | null, state: string][]> {
  const { results } = await listRunners(server)
  return results.flatMap(({ deployment, state, model }) => (model === null ? [] : [[deployment, state]]))
}

test('after kill -9 its instances are back, and what waited runs in them, or where it may', async () => {
  const dataDir = testFolder()
  const dir = testFolder()
  const modelsDir = testFolder()
  cpSync(join(FIXTURE_MODELS, 'test', 'waits'), join(modelsDir, 'test', 'waits'), { recursive: true })
  const settings = { ...THREADS, MODELS_DIR: modelsDir }
  const runs = ['kept', 'kept-waits', 'off', 'off-waits'].map((label) => waitingRun(label, { dir }))
  const [kept, keptWaits, off, offWaits] = runs
  if (!kept || !keptWaits || !off || !offWaits) throw new Error('There are four runs')

  const first = await testProcess(dataDir, settings)
  await deploy(first, 'kept', 'test/waits', 1)
  await deploy(first, 'off', 'test/waits', 0)
  const ids = {
    kept: await begin(first, 'kept', kept),
    off: await begin(first, 'off', off),
  }
  await Promise.all([kept.started(), off.started()])
  const waiting = {
    kept: await begin(first, 'kept', keptWaits),
    off: await begin(first, 'off', offWaits),
  }
  const changed = await first.call('PATCH', '/v1/deployments/local/off', { body: { max_instances: 0 } })
  expect(changed.status).toBe(200)
  await first.stop('SIGKILL')

  const second = await testProcess(dataDir, settings)
  for (const id of Object.values(ids))
    expect(await endOf(second, id)).toMatchObject({ status: 'failed', error: INTERRUPTED })
  await Promise.all([keptWaits.started(), offWaits.started()])
  expect((await states(second)).sort()).toEqual(
    [
      ['local/kept', 'busy'],
      [null, 'busy'],
    ].sort(),
  )
  for (const waits of [keptWaits, offWaits]) waits.go()
  for (const [name, id] of Object.entries(waiting)) {
    await endOf(second, id)
    expect(await find(second, id)).toMatchObject({ status: 'succeeded', deployment: name })
  }
  await second.stop('SIGTERM')

  // The package is taken away: what was deployed says so, and can be turned off.
  rmSync(join(modelsDir, 'test', 'waits'), { recursive: true })
  const third = await testProcess(dataDir, settings)
  const { detail } = await bodyOf<{ detail: string }>(
    third.call('POST', '/v1/deployments/local/kept/predictions', { body: { input: kept.input } }),
  )
  expect(detail).toMatch(
    /^The version [0-9a-f]{64} of test\/waits, which release 1 of the deployment local\/kept runs, is not there any more; update/,
  )
  expect(await states(third)).toEqual([])
  const update = { body: { min_instances: 0 } }
  const release = await bodyOf<{ current_release: { number: number } }>(
    third.call('PATCH', '/v1/deployments/local/kept', update),
  )
  expect(release.current_release.number).toBe(2)
})

test('of a version that cannot be set up says why, and leaves others alone', async () => {
  const modelsDir = testFolder()
  for (const [from, name] of [
    [join(HOSTILE_MODELS, 'hostile'), 'fails-setup'],
    [join(HOSTILE_MODELS, 'hostile'), 'prints'],
  ] as const)
    cpSync(join(from, name), join(modelsDir, 'test', name), { recursive: true })
  const server = await testProcess(testFolder(), { ...THREADS, MODELS_DIR: modelsDir })
  await deploy(server, 'broken', 'test/fails-setup', 1)
  await eventually(async () => expect(await states(server)).toEqual([['local/broken', 'broken']]))
  const response = await server.call('POST', '/v1/deployments/local/broken/predictions', {
    body: { input: {} },
    headers: { prefer: 'wait' },
  })
  const { error } = await bodyOf(response)
  const { results } = await listRunners(server)
  expect(error).toBe(results[0]?.error)
  expect(error).toBeTruthy()
  expect(await run(server, 'test/prints', {})).toMatchObject({ status: 'succeeded' })
  expect((await create(server, 'test/prints', {})).deployment).toBeUndefined()
})
