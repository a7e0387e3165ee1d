import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { METRIC_LIST } from '../../src/metrics/definitions.ts'
import { STAGES } from '../../src/predictions/timeline.ts'
import { readEvents, streamUrlOf } from '../support/event-reader.ts'
import { eventually } from '../support/eventually.ts'
import { parseScrape, type Scrape, scrape } from '../support/metrics.ts'
import { COPIES_FILE, writeFiles } from '../support/packages.ts'
import { testReceiver } from '../support/receiver.ts'
import { cancel, create, find, listRunners, run, runnersOfModel } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testServer } from '../support/test-server.ts'
import { waitingRun } from '../support/waits.ts'
import { closedPort, serve } from '../support/web-server.ts'
import { createTold, settled } from '../support/webhooks.ts'

const modelsDir = someModels('tokens', 'adds-batch', 'waits')
const SETTINGS = { BUNDLED_MODELS: 'off', MODELS_DIR: modelsDir }
const ENDED = 'reprise_predictions_ended_total'

let server: TestServer
beforeAll(async () => {
  writeFiles(modelsDir, { 'test/copies/predict.ts': COPIES_FILE })
  server = await startServer(SETTINGS)
})
afterAll(() => server.close())

/** Scrapes until the check holds: an answer may be a few milliseconds old. */
const shown = (check: (seen: Scrape) => void) => eventually(async () => check(await scrape(server)))

/** A URL of a file, on a server of its own. */
async function fileUrl(): Promise<string> {
  const { port } = await serve((_, response) => response.setHeader('content-type', 'text/plain').end('hello'))
  return `http://127.0.0.1:${port}/file.txt`
}

test('predictions are counted by model, version and outcome, and while they live', async () => {
  const model = 'test/tokens'
  const { version } = await run(server, model, { count: 1 })
  await run(server, model, { count: 2 })
  await run(server, model, { count: 1, fail: true })
  const waiting = waitingRun('counted', { dir: server.dataDir })
  const running = await create(server, 'test/waits', waiting.input)
  const queued = await create(server, 'test/waits', waiting.input)
  await waiting.started()
  await shown((seen) => {
    expect(seen.sum('reprise_predictions_created_total', { model })).toBe(3)
    expect(seen.sum(ENDED, { model, version, outcome: 'succeeded' })).toBe(2)
    expect(seen.sum(ENDED, { model, version, outcome: 'failed' })).toBe(1)
    expect(seen.sum('reprise_predictions_live')).toBe(2)
    expect(seen.sum('reprise_predictions_live', { model: 'test/waits' })).toBe(2)
    expect(seen.sum('reprise_runners', { model: 'test/waits', state: 'busy' })).toBe(1)
    expect(seen.sum('reprise_runners', { model, state: 'idle' })).toBe(1)
    expect(seen.sum('reprise_runner_memory_limit_bytes')).toBeGreaterThan(2 ** 20)
  })
  // It is sent ahead once the runner is known to be quick; until then it waits.
  const { queued: inQueue } = await listRunners(server)
  await shown((seen) => {
    expect(seen.sum('reprise_queue_length')).toBe(inQueue)
    expect(seen.sum('reprise_runner_memory_bytes', { model })).toBeGreaterThan(2 ** 20)
  })
  for (const { id } of [queued, running]) await cancel(server, id)
  await shown((seen) => {
    expect(seen.sum(ENDED, { model: 'test/waits', outcome: 'canceled' })).toBe(2)
    expect(seen.sum('reprise_predictions_live')).toBe(0)
    expect(seen.sum('reprise_queue_length')).toBe(0)
  })
})

test('the time of each stage is measured, and the prediction tells the same', async () => {
  const model = 'test/copies'
  const { status, metrics = {} } = await run(server, model, { file: await fileUrl() })
  expect(status).toBe('succeeded')
  const names = ['queue_time', 'fetch_time', 'load_time', 'batch_time', 'predict_time', 'store_time']
  expect(Object.keys(metrics).toSorted()).toEqual([...names, 'total_time'].toSorted())
  const sum = names.reduce((total, name) => total + Number(metrics[name]), 0)
  // The clock of the total has milliseconds, and the news of the end travels.
  expect(Math.abs(sum - Number(metrics.total_time))).toBeLessThan(0.1)
  await shown((seen) => {
    for (const stage of STAGES) {
      expect(seen.sum('reprise_prediction_stage_seconds_count', { model, stage }), stage).toBe(1)
      const seconds = metrics[stage === 'run' ? 'predict_time' : `${stage}_time`]
      expect(seen.sum('reprise_prediction_stage_seconds_sum', { model, stage }), stage).toBeCloseTo(Number(seconds), 1)
    }
  })
  const again = await run(server, model, { file: `data:text/plain,hello` })
  expect(Object.keys(again.metrics ?? {})).not.toContain('fetch_time')
  expect(Object.keys(again.metrics ?? {})).not.toContain('load_time')
})

test('a model that takes many shows how many it was given', async () => {
  const model = 'test/adds-batch'
  await run(server, model, { value: 0 })
  const ended = await Promise.all(Array.from({ length: 24 }, (_, value) => run(server, model, { value })))
  const sizes = ended.map(({ metrics }) => Number(metrics?.batch_size))
  const batches = sizes.reduce((sum, size) => sum + 1 / size, 1)
  await shown((seen) => {
    expect(seen.sum('reprise_batch_size_sum', { model })).toBe(25)
    expect(seen.sum('reprise_batch_size_count', { model })).toBeCloseTo(batches)
    expect(seen.sum('reprise_batch_size_count', { model: 'test/tokens' })).toBe(0)
  })
})

test('a runner that was killed is counted by the signal', async () => {
  const waiting = waitingRun('killed', { dir: server.dataDir })
  const { id } = await create(server, 'test/waits', waiting.input)
  await waiting.started()
  for (const pid of await runnersOfModel(server, 'test/waits')) process.kill(pid, 'SIGKILL')
  await eventually(async () => expect((await find(server, id)).status).toBe('failed'))
  await shown((seen) => {
    expect(seen.sum('reprise_runner_restarts_total', { model: 'test/waits', reason: 'SIGKILL' })).toBe(1)
    expect(seen.sum('reprise_runner_restarts_total')).toBe(1)
  })
})

test('webhooks are counted by event and outcome, with the time until they were taken', async () => {
  const told = await testReceiver()
  const refusing = await testReceiver((response) => response.writeHead(400).end())
  const filter = { events: ['start', 'completed'] } as const
  const first = await createTold(server, told, ['test/tokens', { count: 1 }], filter)
  const second = await createTold(server, refusing, ['test/tokens', { count: 1 }], { events: ['completed'] })
  await Promise.all([first, second].map(({ id }) => settled(server, id)))
  await shown((seen) => {
    const tries = (event: string, outcome: string) => seen.sum('reprise_webhook_tries_total', { event, outcome })
    expect([tries('start', 'delivered'), tries('completed', 'delivered'), tries('completed', 'failed')]).toEqual([
      1, 1, 1,
    ])
    expect(seen.sum('reprise_webhook_lag_seconds_count', { event: 'completed' })).toBe(1)
    expect(seen.sum('reprise_webhook_lag_seconds_sum', { event: 'completed' })).toBeLessThan(10)
  })
})

test('a stream is counted while it is read', async () => {
  const prediction = await create(server, 'test/tokens', { count: 1_000, pause_ms: 20 })
  const events = readEvents(streamUrlOf(prediction))
  await events.next()
  await shown((seen) => expect(seen.sum('reprise_streams_open')).toBe(1))
  await events.return()
  await shown((seen) => expect(seen.sum('reprise_streams_open')).toBe(0))
  await cancel(server, prediction.id)
})

test('requests are counted by route and class, and what was asked for is shown nowhere', async () => {
  await server.call('GET', '/v1/models/no-such-owner/no-such-model')
  await server.call('GET', '/v1/predictions/nobody-made-this')
  await server.call('GET', '/nowhere/at/all?token=r8_secret')
  await server.call('DELETE', '/v1/account')
  await shown((seen) => {
    const count = (method: string, route: string, status: string) =>
      seen.sum('reprise_http_request_seconds_count', { method, route, status })
    expect(count('GET', '/v1/models/:owner/:name', '4xx')).toBe(1)
    expect(count('GET', '/v1/predictions/:id', '4xx')).toBe(1)
    expect(count('DELETE', '/v1/account', '4xx')).toBe(1)
    expect(count('other', 'other', '4xx')).toBe(1)
    expect(count('POST', '/v1/models/:owner/:name/predictions', '2xx')).toBeGreaterThan(10)
    for (const secret of ['no-such', 'nobody', 'nowhere', 'r8_secret']) expect(seen.text).not.toContain(secret)
  })
})

test('commits are measured, with the number of changes in each', async () => {
  const before = await scrape(server)
  await run(server, 'test/tokens', { count: 1 })
  await shown((seen) => {
    const grown = (name: string) => seen.sum(name) - before.sum(name)
    // The create, and the end.
    expect(grown('reprise_commit_seconds_count')).toBeGreaterThanOrEqual(2)
    expect(grown('reprise_commit_writes_sum')).toBeGreaterThanOrEqual(2)
    expect(grown('reprise_commit_seconds_sum')).toBeGreaterThan(0)
  })
})

test('every metric is in the list, and the process tells of itself', async () => {
  const { text, sum } = await scrape(server)
  for (const { name, help, type } of METRIC_LIST)
    expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`)
  const known = new Set(METRIC_LIST.map(({ name }) => name))
  const others = [...text.matchAll(/^# TYPE (\S+)/gm)].flatMap(([, name = '']) => (known.has(name) ? [] : [name]))
  expect(others.filter((name) => !/^(?:process|nodejs)_/.test(name))).toEqual([])
  expect(sum('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0)
  expect(sum('process_resident_memory_bytes')).toBeGreaterThan(2 ** 20)
})

describe('who may read the metrics', () => {
  const as = (token: string) => ({ authorization: `Bearer ${token}` })
  const guarded = {
    BUNDLED_MODELS: 'off',
    MODELS_DIR: '/nowhere',
    API_TOKENS: 'alice:r8_alice,bob:r8_bob,r8_local',
    OPERATORS: 'bob',
  }

  test('operators, unless something else is set', async () => {
    const one = await testServer(guarded)
    for (const token of ['r8_bob', 'r8_local']) await scrape(one, as(token))
    expect((await one.call('GET', '/metrics')).status).toBe(401)
    const refused = await one.call('GET', '/metrics', { headers: as('r8_alice') })
    expect(refused.status).toBe(403)
    expect(await refused.text()).toContain('Only operators may read metrics')
  })

  test('everybody with METRICS=open', async () => {
    await scrape(await testServer({ ...guarded, METRICS: 'open' }))
  })

  test('nobody with METRICS=off', async () => {
    const one = await testServer({ ...guarded, METRICS: 'off' })
    expect((await one.call('GET', '/metrics', { headers: as('r8_bob') })).status).toBe(404)
  })

  test('with an address of their own, everybody who reaches it; it serves nothing else', async () => {
    const port = await closedPort()
    const one = await testServer({ ...guarded, METRICS: `127.0.0.1:${port}` })
    expect((await one.call('GET', '/metrics', { headers: as('r8_bob') })).status).toBe(404)
    const own = `http://127.0.0.1:${port}`
    const answer = await fetch(`${own}/metrics?x=1`)
    expect(answer.status).toBe(200)
    expect(parseScrape(await answer.text()).sum('reprise_commit_seconds_count')).toBeGreaterThan(0)
    expect((await fetch(`${own}/v1/account`)).status).toBe(404)
    expect((await fetch(`${own}/metrics`, { method: 'POST' })).status).toBe(404)
  })

  test('an address that is taken stops the start, and the message names the setting', async () => {
    const { port } = new URL(server.address)
    await expect(startServer({ ...guarded, METRICS: `127.0.0.1:${port}` })).rejects.toThrow(
      /Cannot listen for metrics: .*EADDRINUSE.*REPRISE_METRICS/,
    )
  })
})
