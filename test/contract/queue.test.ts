/** What clients see of the queue: their place in it, when it is their turn, and what they are told when it is full. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { callAs } from '../support/accounts.ts'
import { eventually } from '../support/eventually.ts'
import { writeFiles } from '../support/packages.ts'
import { testReceiver } from '../support/receiver.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testFolder } from '../support/temporary.ts'
import { testServer } from '../support/test-server.ts'
import { type WaitingRun, waitingRun } from '../support/waits.ts'
import { bodyOf } from '../support/wire.ts'

const MAX_QUEUE = 4
const MODELS = someModels('waits')
const SLOW = `
import { setTimeout as sleep } from 'node:timers/promises'
import { defineModel, Type } from 'reprise/model'
export default defineModel({
  input: Type.Object({ seconds: Type.Number({ minimum: 0 }) }),
  output: Type.Number(),
  async predict({ seconds }, { signal }) {
    await sleep(seconds * 1000, undefined, { signal })
    return seconds
  },
})`
writeFiles(MODELS, { 'test/slow/predict.ts': SLOW })
const SETTINGS = {
  MODELS_DIR: MODELS,
  BUNDLED_MODELS: 'off',
  API_TOKENS: 'alice:r8_alice,bob:r8_bob',
  MAX_QUEUE: `${MAX_QUEUE}`,
  SHUTDOWN_GRACE: '1s',
}

interface Problem {
  detail: string
  status: number
  retry_after?: number
}

let server: TestServer
beforeAll(async () => {
  server = await startServer(SETTINGS)
})
afterAll(() => server.close())

type Who = 'alice' | 'bob'

const call = (who: Who, method: string, path: string, body?: unknown) => callAs(server, `r8_${who}`)(method, path, body)

const ask = (who: Who, run: WaitingRun) => call(who, 'POST', '/v1/models/test/waits/predictions', { input: run.input })

async function create(who: Who, run: WaitingRun): Promise<WirePrediction> {
  const response = await ask(who, run)
  expect(response.status).toBe(201)
  return bodyOf(response)
}

const find = (who: Who, { id }: WirePrediction) => bodyOf(call(who, 'GET', `/v1/predictions/${id}`))
const cancel = (who: Who, { id }: WirePrediction) => bodyOf(call(who, 'POST', `/v1/predictions/${id}/cancel`))

/** Occupies the one process of the model until the test ends. */
async function occupy(): Promise<{ run: WaitingRun; prediction: WirePrediction }> {
  const run = waitingRun('occupies', { dir: testFolder() })
  const prediction = await create('alice', run)
  onTestFinished(async () => void (await cancel('alice', prediction)))
  await run.started()
  return { run, prediction }
}

describe('the place in the queue', () => {
  test('is told while a prediction waits, by turns of the accounts, and not after', async () => {
    const { run, prediction } = await occupy()
    const next = waitingRun('next', { dir: run.input.dir })
    const ones = [await create('alice', next), await create('alice', next)]
    const single = await create('bob', next)
    expect([...ones, single].map(({ queue_position: position }) => position)).toEqual([1, 2, 1])
    const now = await Promise.all([find('alice', prediction), ...ones.map((one) => find('alice', one))])
    expect(now.map(({ status, queue_position: position }) => [status, position])).toEqual([
      ['processing', undefined],
      ['starting', 2],
      ['starting', 3],
    ])
    const page = await bodyOf<{ results: WirePrediction[] }>(call('alice', 'GET', '/v1/predictions'))
    expect(page.results.map(({ queue_position: position }) => position)).toEqual([3, 2, undefined])

    expect(await cancel('bob', single)).not.toHaveProperty('queue_position')
    expect((await find('alice', ones[1] ?? single)).queue_position).toBe(2)
    next.go()
    run.go()
    for (const one of ones)
      await eventually(async () => {
        const ended = await find('alice', one)
        expect(ended.status).toBe('succeeded')
        expect(ended).not.toHaveProperty('queue_position')
        expect(ended).not.toHaveProperty('eta')
      })
  })

  test('comes with the time until it begins, once runs have been measured', async () => {
    const { run } = await occupy()
    const next = waitingRun('next', { dir: run.input.dir })
    const [first, second] = [await create('alice', next), await create('alice', next)]
    // The test before has run some.
    expect(first.eta).toBeGreaterThanOrEqual(0)
    expect(second.eta).toBeGreaterThanOrEqual(first.eta ?? Number.NaN)
    await cancel('alice', first)
    await cancel('alice', second)
  })

  test('is not told to receivers of webhooks', async () => {
    const receiver = await testReceiver()
    const run = waitingRun('told', { dir: testFolder() })
    await call('alice', 'POST', '/v1/models/test/waits/predictions', { input: run.input, webhook: receiver.url })
    run.go()
    await receiver.until((arrivals) => arrivals.find(({ prediction }) => prediction.status === 'succeeded'))
    for (const { prediction } of receiver.arrivals) expect(prediction).not.toHaveProperty('queue_position')
  })
})

describe('the share of an account', () => {
  test('is half of the queue; what is more is throttled, and others are not', async () => {
    const { run } = await occupy()
    const next = waitingRun('next', { dir: run.input.dir })
    const first = await create('alice', next)
    const second = await create('alice', next)
    const refused = await ask('alice', next)
    expect(refused.status).toBe(429)
    const problem = await bodyOf<Problem>(refused)
    expect(problem).toMatchObject({
      status: 429,
      detail: expect.stringMatching(/^Request was throttled: 2 of your predictions wait already/),
    })
    expect(Object.keys(problem).sort()).toEqual(['detail', 'retry_after', 'status'])
    expect(refused.headers.get('retry-after')).toBe(`${problem.retry_after}`)
    expect(problem.retry_after).toBeGreaterThan(0)

    const others = [await create('bob', next), await create('bob', next)]
    expect((await ask('bob', next)).status).toBe(429)
    await cancel('alice', first)
    const third = await create('alice', next)
    for (const one of [second, third]) await cancel('alice', one)
    for (const one of others) await cancel('bob', one)
  })

  test('may be all, and then a full queue answers 503 with the time that it takes to run', async () => {
    const own = await testServer({ ...SETTINGS, QUEUE_SHARE: '100%', MAX_QUEUE: '3' })
    const post = (input: object, headers = {}) =>
      own.call('POST', '/v1/models/test/slow/predictions', {
        body: { input },
        headers: { authorization: 'Bearer r8_alice', ...headers },
      })
    expect((await post({ seconds: 1.5 }, { prefer: 'wait' })).status).toBe(201)
    const keyed = { 'idempotency-key': 'the same' }
    const kept = await bodyOf(post({ seconds: 60 }, keyed))
    for (let i = 0; i < 3; i++) expect((await post({ seconds: 60 })).status).toBe(201)
    const refused = await post({ seconds: 60 })
    expect(refused.status).toBe(503)
    expect(await bodyOf<Problem>(refused)).toMatchObject({
      detail: 'The queue is full: 3 predictions wait; try again shortly',
    })
    // Three runs of a second and a half.
    expect(Number(refused.headers.get('retry-after'))).toBe(5)

    const repeated = await post({ seconds: 60 }, keyed)
    expect(repeated.status).toBe(201)
    expect(await bodyOf(repeated)).toMatchObject({ id: kept.id })
  })

  test('is all of it where there is one account', async () => {
    const { API_TOKENS: _, ...open } = SETTINGS
    const own = await testServer(open)
    const run = waitingRun('occupies', { dir: testFolder() })
    const post = () => own.call('POST', '/v1/models/test/waits/predictions', { body: { input: run.input } })
    await post()
    await run.started()
    for (let i = 0; i < MAX_QUEUE; i++) expect((await post()).status).toBe(201)
    expect((await post()).status).toBe(503)
  })
})
