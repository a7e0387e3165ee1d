import { appendFileSync, cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Static } from '@sinclair/typebox'
import Replicate from 'replicate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WireDeployment } from '../../src/deployments/schema.ts'
import { MOST_PER_ACCOUNT } from '../../src/deployments/service.ts'
import type { Problem } from '../../src/http/problem.ts'
import { eventually } from '../support/eventually.ts'
import { MovedClock } from '../support/moved-clock.ts'
import { listRunners } from '../support/requests.ts'
import { FIXTURE_MODELS, startServer, type TestServer } from '../support/server.ts'
import { makeFolder, removeFolder, testFolder } from '../support/temporary.ts'
import { type WaitingRun, waitingRun } from '../support/waits.ts'
import { bodyOf } from '../support/wire.ts'

type Deployment = Static<typeof WireDeployment>

const MINUTE_MS = 60_000
const ALICE = 'r8_alice'
const BOB = 'r8_bob'

const dataDir = makeFolder()
const modelsDir = makeFolder()
const settings = {
  BUNDLED_MODELS: 'off',
  MODELS_DIR: modelsDir,
  DATA_DIR: dataDir,
  THREADS: '8',
  MEMORY: '8GiB',
  API_TOKENS: `alice:${ALICE},bob:${BOB},r8_local`,
}
const clock = new MovedClock()
let server: TestServer
let client: Replicate
/** Of `test/waits`, the older and the newer one. */
let versions: [string, string]
beforeAll(async () => {
  const packageDir = join(modelsDir, 'test', 'waits')
  cpSync(join(FIXTURE_MODELS, 'test', 'waits'), packageDir, { recursive: true })
  writeFileSync(join(packageDir, 'model.yaml'), 'run: {idle_timeout: 1s}\n')
  const first = await startServer(settings)
  const older = await currentVersion(first)
  await first.close()
  appendFileSync(join(packageDir, 'predict.ts'), '// Another version.\n')
  server = await startServer(settings, { clock })
  versions = [older, await currentVersion(server)]
  client = new Replicate({ auth: ALICE, baseUrl: `${server.address}/v1` })
})
afterAll(async () => {
  await server.close()
  for (const dir of [dataDir, modelsDir]) removeFolder(dir)
})

const as = (token: string) => ({ authorization: `Bearer ${token}` })

async function currentVersion({ call }: TestServer): Promise<string> {
  const model = await bodyOf<{ latest_version: { id: string } }>(
    call('GET', '/v1/models/test/waits', { headers: as(ALICE) }),
  )
  return model.latest_version.id
}

function send(method: string, path: string, body?: object, token = ALICE): Promise<Response> {
  return server.call(method, path, { headers: as(token), ...(body ? { body } : {}) })
}

/** A name that no other test has. */
let count = 0
const newName = () => `app-${++count}`

const configuration = (changed: object = {}) => ({
  name: newName(),
  model: 'test/waits',
  version: versions[1],
  hardware: 'cpu',
  min_instances: 0,
  max_instances: 1,
  ...changed,
})

async function deploy(changed: object = {}): Promise<{ name: string; path: string; deployment: Deployment }> {
  const response = await send('POST', '/v1/deployments', configuration(changed))
  expect(response.status, await response.clone().text()).toBe(200)
  const deployment = await bodyOf<Deployment>(response)
  return { name: deployment.name, path: `/v1/deployments/alice/${deployment.name}`, deployment }
}

async function update(path: string, changes: object): Promise<Deployment['current_release']> {
  const response = await send('PATCH', path, changes)
  expect(response.status, await response.clone().text()).toBe(200)
  const { current_release: release } = await bodyOf<Deployment>(response)
  return release
}

/** Starts a prediction and waits until the model has it. */
async function begin(path: string, run: WaitingRun) {
  const response = await send('POST', `${path}/predictions`, { input: run.input })
  expect(response.status, await response.clone().text()).toBe(201)
  return bodyOf(response)
}

const get = (id: string) => bodyOf(send('GET', `/v1/predictions/${id}`))

/** The processes that run a deployment now, whatever they do. */
async function instancesOf(name: string, token = 'r8_local') {
  const { results } = await listRunners(server, as(token))
  return results.filter(({ deployment }) => deployment === `alice/${name}`)
}

async function settleAt(name: string, instances: number): Promise<void> {
  await eventually(async () => {
    const found = await instancesOf(name)
    expect(found.map(({ state }) => state === 'loading')).toEqual(Array.from({ length: instances }, () => false))
  })
}

async function refusal(response: Promise<Response>, status = 422): Promise<Problem> {
  const answer = await response
  expect(answer.status, await answer.clone().text()).toBe(status)
  return bodyOf<Problem>(answer)
}

describe('the official client', () => {
  test('creates, finds, lists, changes, uses and deletes a deployment', async () => {
    const { name, ...rest } = configuration()
    const created = await client.deployments.create({ name, ...rest })
    const by = { type: 'user', username: 'alice', name: 'alice' }
    const made = { hardware: 'cpu', min_instances: 0, max_instances: 1 }
    expect(created).toEqual({
      owner: 'alice',
      name,
      current_release: {
        number: 1,
        model: 'test/waits',
        version: versions[1],
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        created_by: by,
        configuration: made,
      },
    })
    expect(await client.deployments.get('alice', name)).toEqual(created)
    expect((await client.deployments.list()).results[0]).toEqual(created)

    const changed = await client.deployments.update('alice', name, { max_instances: 2 })
    expect(changed.current_release).toMatchObject({ number: 2, configuration: { ...made, max_instances: 2 } })
    expect(await client.deployments.get('alice', name)).toEqual(changed)

    const run = waitingRun('client')
    run.go()
    const prediction = await client.deployments.predictions.create('alice', name, { input: run.input, wait: true })
    expect(prediction).toMatchObject({
      status: 'succeeded',
      output: 'client went on',
      deployment: name,
      model: 'test/waits',
      version: versions[1],
    })
    expect(await client.predictions.get(prediction.id)).toMatchObject({ deployment: name })

    await client.deployments.update('alice', name, { max_instances: 0 })
    await settleAt(name, 0)
    clock.byMs += 15 * MINUTE_MS
    expect(await client.deployments.delete('alice', name)).toBe(true)
    await refusal(send('GET', `/v1/deployments/alice/${name}`), 404)
  })
})

describe('a deployment', () => {
  test.each([
    [
      'nothing',
      {},
      ['name', 'model', 'version', 'hardware', 'min_instances', 'max_instances'].map((field) => `${field} is required`),
    ],
    ['an unknown key', { extra: 1 }, ['Additional property extra is not allowed']],
    [
      'too many instances',
      { min_instances: 6, max_instances: 21 },
      ['Must be less than or equal to 5', 'Must be less than or equal to 20'],
    ],
    [
      'less than no instances',
      { min_instances: -1, max_instances: -1 },
      Array(2).fill('Must be greater than or equal to 0'),
    ],
    ['half an instance', { max_instances: 1.5 }, ['Invalid type. Expected: integer, given: number']],
    ['more instances than the most', { min_instances: 2 }, ['Must be less than or equal to max_instances, which is 1']],
    ['hardware that is not there', { hardware: 'gpu-t4' }, ['hardware must be one of the following: "cpu"']],
    ['a name in capitals', { name: 'App' }, [expect.stringContaining('Does not match pattern')]],
    ['a name that ends in a dash', { name: 'app-' }, [expect.stringContaining('Does not match pattern')]],
    ['a name that is a path', { name: '../app' }, [expect.stringContaining('Does not match pattern')]],
    ['no name', { name: '' }, [expect.stringContaining('Does not match pattern')]],
    ['a long name', { name: 'a'.repeat(65) }, ['String length must be less than or equal to 64']],
  ])('with %s is refused', async (what, changed, descriptions) => {
    const body = what === 'nothing' ? {} : configuration(changed)
    const { title, invalid_fields: fields } = await refusal(send('POST', '/v1/deployments', body))
    expect(title).toBe('Input validation failed')
    expect(fields?.map(({ description }) => description)).toEqual(descriptions)
  })

  test.each([
    ['model', { model: 'test/none' }],
    ['model', { model: 'waits' }],
    ['version', { version: 'a'.repeat(64) }],
    ['version', { version: 'latest' }],
    ['version', { version: '' }],
  ])('of a %s that is not there is refused: %o', async (_, changed) => {
    expect(await refusal(send('POST', '/v1/deployments', configuration(changed)))).toMatchObject({
      title: 'Invalid version or not permitted',
    })
  })

  test.each(['a', 'a-b', 'a_b.c', '0'.repeat(64)])('can be called %s', async (name) => {
    const { path } = await deploy({ name })
    expect((await send('DELETE', path)).status).toBe(204)
  })

  test('whose name is taken is refused, but not with 409, which clients repeat', async () => {
    const { name } = await deploy()
    const { detail } = await refusal(send('POST', '/v1/deployments', configuration({ name })))
    expect(detail).toBe(`There is a deployment alice/${name} already; choose another name, or update that one`)
    expect((await send('POST', '/v1/deployments', configuration({ name }), BOB)).status, 'of another account').toBe(200)
  })

  test('that is asked for twice at once is made once', async () => {
    const body = configuration()
    const answers = await Promise.all(Array.from({ length: 5 }, () => send('POST', '/v1/deployments', body)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422, 422, 422, 422])
  })

  test('of another account is not there, in any form', async () => {
    const { path } = await deploy()
    const run = waitingRun('stranger')
    for (const response of [
      send('GET', path, undefined, BOB),
      send('PATCH', path, { max_instances: 3 }, BOB),
      send('DELETE', path, undefined, BOB),
      send('POST', `${path}/predictions`, { input: run.input }, BOB),
    ])
      expect(await refusal(response, 404)).toEqual({
        detail: 'The requested resource could not be found',
        status: 404,
      })
    const { results } = await bodyOf<{ results: Deployment[] }>(send('GET', '/v1/deployments', undefined, BOB))
    expect(results.filter(({ owner }) => owner !== 'bob')).toEqual([])
  })
})

describe('an update', () => {
  test('counts a release when it changes something, and only then', async () => {
    const { path } = await deploy({ version: versions[0] })
    const numbers: number[] = []
    for (const changes of [
      { max_instances: 1 },
      { max_instances: 3 },
      { version: versions[1], hardware: 'cpu' },
      {},
      { version: versions[1], max_instances: 3 },
    ])
      numbers.push((await update(path, changes)).number)
    expect(numbers).toEqual([1, 2, 3, 3, 3])
  })

  test('loses nothing to another at the same time', async () => {
    const { path } = await deploy()
    const most = Array.from({ length: 10 }, (_, i) => i + 2)
    const releases = await Promise.all(most.map((max) => update(path, { max_instances: max })))
    expect(releases.map(({ number }) => number).sort((a, b) => a - b)).toEqual(most)
    const { current_release: present } = await bodyOf<Deployment>(send('GET', path))
    expect(present).toEqual(releases.find(({ number }) => number === 11))
  })

  test.each([
    ['a key that it does not have', { model: 'test/waits' }, 'Additional property model is not allowed'],
    ['hardware that is not there', { hardware: 'gpu-t4' }, 'hardware must be one of the following: "cpu"'],
    [
      'more kept instances than there may be',
      { min_instances: 2 },
      'Must be less than or equal to max_instances, which is 1',
    ],
    ['too many instances', { max_instances: 21 }, 'Must be less than or equal to 20'],
  ])('with %s is refused', async (_, changes, description) => {
    const { path, deployment } = await deploy()
    const { invalid_fields: fields } = await refusal(send('PATCH', path, changes))
    expect(fields?.map((field) => field.description)).toEqual([description])
    expect(await bodyOf<Deployment>(send('GET', path))).toEqual(deployment)
  })

  test('to a version that is not there is refused', async () => {
    const { path } = await deploy()
    const { title } = await refusal(send('PATCH', path, { version: 'a'.repeat(64) }))
    expect(title).toBe('Invalid version or not permitted')
  })
})

describe('instances', () => {
  test('are kept from the start, grow to the most while predictions wait, and not beyond', async () => {
    const { name, path } = await deploy({ min_instances: 1, max_instances: 3 })
    await settleAt(name, 1)
    const dir = testFolder()
    const runs = ['a', 'b', 'c', 'd', 'e'].map((label) => waitingRun(label, { dir }))
    const predictions = await Promise.all(runs.map((run) => begin(path, run)))
    await eventually(async () => {
      const found = await instancesOf(name)
      expect(found.map(({ state, queued }) => [state, queued])).toEqual(Array(3).fill(['busy', 2]))
    })
    for (const run of runs) run.go()
    for (const { id } of predictions)
      await eventually(async () => expect(await get(id)).toMatchObject({ status: 'succeeded' }))
    // Its package lets others go after a second.
    await settleAt(name, 1)
    await update(path, { min_instances: 2 })
    await settleAt(name, 2)
    await update(path, { min_instances: 0 })
    await settleAt(name, 0)
  })

  test('of a former release end when they have nothing to do, and what runs and waits keeps its version', async () => {
    const { name, path } = await deploy({ version: versions[0], min_instances: 1 })
    const dir = testFolder()
    const [running, waiting, next] = ['running', 'waiting', 'next'].map((label) => waitingRun(label, { dir }))
    if (!running || !waiting || !next) throw new Error('There are three runs')
    const former = [await begin(path, running)]
    await running.started()
    former.push(await begin(path, waiting))

    expect(await update(path, { version: versions[1] })).toMatchObject({ number: 2, version: versions[1] })
    await eventually(async () => {
      const found = await instancesOf(name)
      expect(found.map(({ version, state }) => [version, state])).toEqual([
        [versions[0], 'busy'],
        [versions[1], 'ready'],
      ])
    })
    next.go()
    const { id } = await begin(path, next)
    await eventually(async () => expect(await get(id)).toMatchObject({ status: 'succeeded', version: versions[1] }))

    for (const run of [running, waiting]) run.go()
    for (const { id: earlier } of former)
      await eventually(async () =>
        expect(await get(earlier)).toMatchObject({ status: 'succeeded', version: versions[0] }),
      )
    await eventually(async () => expect((await instancesOf(name)).map(({ version }) => version)).toEqual([versions[1]]))
    await update(path, { min_instances: 0, max_instances: 0 })
    await settleAt(name, 0)
  })

  test('serve no others, are seen by their owner and by operators, and go with a cancel as all do', async () => {
    const { name, path } = await deploy()
    const run = waitingRun('seen')
    const { id } = await begin(path, run)
    await run.started()
    const { results } = await listRunners(server, as('r8_local'))
    expect(results.filter(({ deployment, model }) => deployment === null && model !== null)).toEqual([])
    expect(await instancesOf(name, ALICE)).toHaveLength(1)
    expect(await instancesOf(name, BOB)).toEqual([])
    await send('POST', `/v1/predictions/${id}/cancel`)
    await run.canceled()
    expect(await get(id)).toMatchObject({ status: 'canceled', deployment: name })
  })
})

describe('predictions', () => {
  test('are refused while there may be no instances', async () => {
    const { name, path } = await deploy({ max_instances: 0 })
    const { detail } = await refusal(send('POST', `${path}/predictions`, { input: waitingRun('none').input }))
    expect(detail).toBe(
      `The deployment alice/${name} takes no predictions while its max_instances is 0; set it to 1 or more`,
    )
  })

  test('have the manners of all: closed bodies, checked input, and keys that make them once', async () => {
    const { path } = await deploy()
    const { invalid_fields: fields } = await refusal(send('POST', `${path}/predictions`, { input: {}, version: 'a' }))
    expect(fields?.map(({ description }) => description)).toEqual([
      'Additional property version is not allowed',
      'dir is required',
      'label is required',
    ])
    const run = waitingRun('once')
    run.go()
    const once = () =>
      bodyOf(
        server.call('POST', `${path}/predictions`, {
          headers: { ...as(ALICE), 'idempotency-key': 'once', prefer: 'wait' },
          body: { input: run.input },
        }),
      )
    const [first, second] = [await once(), await once()]
    expect(second).toEqual(first)
    expect(first).toMatchObject({ status: 'succeeded' })
  })

  test('on what is no deployment are not found', async () => {
    await refusal(send('POST', '/v1/deployments/alice/none/predictions', { input: {} }), 404)
  })
})

describe('a delete', () => {
  test('waits until predictions have ended, instances are gone, and quarter of an hour is over', async () => {
    const { name, path } = await deploy({ min_instances: 1 })
    const run = waitingRun('last')
    const { id } = await begin(path, run)
    await run.started()
    const detail = async () => (await refusal(send('DELETE', path))).detail
    expect(await detail()).toBe(
      `The deployment alice/${name} cannot be deleted: it has predictions that have not ended; wait for them or cancel them, then wait 15 minutes`,
    )
    run.go()
    await eventually(async () => expect(await get(id)).toMatchObject({ status: 'succeeded' }))
    expect(await detail()).toMatch(/ it keeps instances loaded; set min_instances to 0 and wait until they have ended/)
    await update(path, { min_instances: 0, max_instances: 0 })
    await settleAt(name, 0)
    expect(await detail()).toMatch(/ it was used less than 15 minutes ago; try again in 1[45] minutes$/)
    clock.byMs += 14 * MINUTE_MS
    expect(await detail()).toMatch(/ try again in a minute$/)
    clock.byMs += MINUTE_MS
    expect((await send('DELETE', path)).status).toBe(204)
    await refusal(send('DELETE', path), 404)
    await refusal(send('PATCH', path, { max_instances: 1 }), 404)
    await refusal(send('POST', `${path}/predictions`, { input: run.input }), 404)
    expect(await get(id), 'its predictions stay').toMatchObject({ deployment: name })
    expect((await deploy({ name })).deployment.current_release.number, 'the name is free again').toBe(1)
  })

  test('of what was never used need not wait', async () => {
    const { path } = await deploy()
    expect((await send('DELETE', path)).status).toBe(204)
  })
})

describe('many deployments', () => {
  test('come in pages, newest first, up to as many as an account may have', async () => {
    const carol = await startServer({ ...settings, DATA_DIR: testFolder() }, { clock })
    try {
      const make = () =>
        carol.call('POST', '/v1/deployments', { headers: as(BOB), body: { ...configuration(), version } })
      const version = await currentVersion(carol)
      const answers = await Promise.all(Array.from({ length: MOST_PER_ACCOUNT }, make))
      expect(answers.filter(({ status }) => status !== 200)).toEqual([])
      const { detail } = await refusal(make())
      expect(detail).toBe('The account has 1000 deployments, the most there may be; delete one that is not needed')

      const bob = new Replicate({ auth: BOB, baseUrl: `${carol.address}/v1` })
      const seen: string[] = []
      for await (const page of bob.paginate(bob.deployments.list)) {
        expect(page).toHaveLength(100)
        seen.push(...page.map(({ name }) => name))
      }
      expect(new Set(seen).size).toBe(MOST_PER_ACCOUNT)
      type Listed = { previous: string | null; next: string; results: Deployment[] }
      const first = await bodyOf<Listed>(carol.call('GET', '/v1/deployments', { headers: as(BOB) }))
      expect(first.previous).toBeNull()
      const second = await bodyOf<Listed>(fetch(first.next, { headers: as(BOB) }))
      expect(await bodyOf<Listed>(fetch(second.previous ?? '', { headers: as(BOB) }))).toMatchObject({
        results: first.results,
      })
    } finally {
      await carol.close()
    }
  })
})
