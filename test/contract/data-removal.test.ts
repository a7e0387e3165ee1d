/** What predictions took in and gave out is removed when its time is over, or when somebody asks for it. */
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { streamUrlOf } from '../support/event-reader.ts'
import { eventually } from '../support/eventually.ts'
import { filesOf, foldersIn } from '../support/prediction-folders.ts'
import { cancel, create, endOf, find, run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { makeFolder, removeFolder, testFolder } from '../support/temporary.ts'
import { testServer } from '../support/test-server.ts'
import { waitingRun } from '../support/waits.ts'
import { bodyOf } from '../support/wire.ts'

const SETTINGS = { BUNDLED_MODELS: 'off', MODELS_DIR: someModels('makes-files', 'streams-files', 'waits') }
const MAKES = 'test/makes-files'
const LARGE = 'x'.repeat(100_000)

function outputUrls({ output }: WirePrediction): string[] {
  return [output].flat().map(String)
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url)
  await response.body?.cancel()
  return response.status
}

async function inList(server: TestServer, id: string): Promise<WirePrediction | undefined> {
  const { results } = await bodyOf<{ results: WirePrediction[] }>(server.call('GET', '/v1/predictions'))
  return results.find((prediction) => prediction.id === id)
}

/** A prediction whose input, output, logs and files can no longer be had, in any way. */
async function expectRemoved(server: TestServer, before: WirePrediction): Promise<void> {
  const { stream, ...urls } = before.urls
  const after = await find(server, before.id)
  expect(after).toEqual({ ...before, input: {}, output: null, logs: '', data_removed: true, urls })
  expect(await inList(server, before.id)).toEqual(after)
  for (const url of outputUrls(before)) expect(await statusOf(url)).toBe(404)
  if (stream) expect(await statusOf(stream)).toBe(404)
  await eventually(() => expect(filesOf(server.dataDir, before.id)).toBeUndefined())
}

async function expectKept(server: TestServer, before: WirePrediction): Promise<void> {
  expect(await find(server, before.id)).toEqual(before)
  for (const url of outputUrls(before)) expect(await statusOf(url)).toBe(200)
}

describe('RETENTION', () => {
  let [removing, keeping]: [TestServer?, TestServer?] = []
  let server: TestServer
  let kept: TestServer
  beforeAll(async () => {
    ;[removing, keeping] = await Promise.all([
      startServer({ ...SETTINGS, RETENTION: '1s' }),
      startServer({ ...SETTINGS, RETENTION: 'off' }),
    ])
    server = removing
    kept = keeping
  })
  afterAll(() => Promise.all([removing?.close(), keeping?.close()]))

  function removed(prediction: WirePrediction): Promise<void> {
    return eventually(async () => expect(await find(server, prediction.id)).toMatchObject({ data_removed: true }))
  }

  test('removes all of a prediction when its time is over; off keeps it', async () => {
    const inputs: [string, Record<string, unknown>][] = [
      [MAKES, { shape: 'array', content: LARGE }],
      [MAKES, { shape: 'value', content: 'hello' }],
      ['test/streams-files', { count: 3 }],
    ]
    const makeAll = (at: TestServer) => Promise.all(inputs.map(([model, input]) => run(at, model, input)))
    const here = await makeAll(kept)
    const there = await makeAll(server)
    for (const prediction of there) {
      expect(prediction).toMatchObject({ status: 'succeeded', data_removed: false })
      await removed(prediction)
      await expectRemoved(server, prediction)
    }
    for (const prediction of here) await expectKept(kept, prediction)
  })

  test('counts from the end: what waits and runs is not touched', async () => {
    const running = waitingRun('running')
    const created = await create(server, 'test/waits', running.input)
    await running.started()
    const waiting = await create(server, 'test/waits', running.input)
    const other = await run(server, MAKES, {})
    await removed(other)
    for (const { id } of [created, waiting])
      expect(await find(server, id)).toMatchObject({ data_removed: false, input: running.input })
    await cancel(server, waiting.id)
    running.go()
    const ended = await endOf(server, created.id)
    expect(ended).toMatchObject({ status: 'succeeded', output: 'running went on' })
    await removed(ended)
    expect(await find(server, waiting.id)).toMatchObject({ status: 'canceled', data_removed: true, input: {} })
  })

  test('leaves what an idempotency key stands for', async () => {
    const headers = { 'idempotency-key': 'removed', prefer: 'wait' }
    const created = await create(server, MAKES, { content: LARGE }, headers)
    await removed(created)
    expect(await create(server, MAKES, { content: LARGE }, headers)).toEqual(await find(server, created.id))
  })
})

describe('DELETE', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer(SETTINGS)
  })
  afterAll(() => server.close())

  test('removes all of a prediction at once, for good, and as often as one likes', async () => {
    for (const [model, input] of [
      [MAKES, { shape: 'twice', content: LARGE }],
      ['test/streams-files', { count: 2 }],
    ] as const) {
      const prediction = await run(server, model, input)
      for (let time = 0; time < 2; time++) {
        const response = await server.call('DELETE', `/v1/predictions/${prediction.id}`)
        expect(response.status).toBe(204)
        expect(await response.text()).toBe('')
        await expectRemoved(server, prediction)
      }
      expect(filesOf(server.dataDir, prediction.id)).toBeUndefined()
    }
  })

  test('of the same prediction at the same time is no trouble', async () => {
    const prediction = await run(server, MAKES, { shape: 'array', count: 50 })
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => server.call('DELETE', `/v1/predictions/${prediction.id}`)),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 204))
    await expectRemoved(server, prediction)
  })

  test('leaves the files of other predictions', async () => {
    const [first, second] = [await run(server, MAKES, {}), await run(server, MAKES, {})]
    await server.call('DELETE', `/v1/predictions/${first.id}`)
    await expectKept(server, second)
  })

  test('is refused while the prediction waits or runs, and changes nothing', async () => {
    const running = waitingRun('running')
    const created = await create(server, 'test/waits', running.input)
    await running.started()
    const waiting = await create(server, 'test/waits', running.input)
    for (const { id } of [created, waiting]) {
      const response = await server.call('DELETE', `/v1/predictions/${id}`)
      expect(response.status).toBe(422)
      expect(await bodyOf<object>(response)).toMatchObject({
        detail: 'The prediction has not ended; cancel it first, then remove its data',
      })
      expect(await find(server, id)).toMatchObject({ data_removed: false, input: running.input })
    }
    await cancel(server, waiting.id)
    await cancel(server, created.id)
    expect((await server.call('DELETE', `/v1/predictions/${waiting.id}`)).status).toBe(204)
    expect(await find(server, waiting.id)).toMatchObject({ status: 'canceled', data_removed: true, input: {} })
  })

  test('lets a reader who follows the stream of the prediction come to its end', async () => {
    const created = await create(server, 'test/streams-files', { count: 2 })
    const url = streamUrlOf(created)
    const response = await fetch(url)
    await endOf(server, created.id)
    await server.call('DELETE', `/v1/predictions/${created.id}`)
    expect(await response.text()).toMatch(/event: done\n(?:.*\n)*data: \{\}\n\n$/)
    expect(await statusOf(url)).toBe(404)
  })

  test('of what is not there answers 404', async () => {
    expect((await server.call('DELETE', '/v1/predictions/01hf0000000000000000000000')).status).toBe(404)
    expect((await server.call('DELETE', '/v1/predictions/..%2f..')).status).toBe(404)
  })
})

test("another account's prediction is not there to be removed", async () => {
  const server = await testServer({ ...SETTINGS, API_TOKENS: 'alice:a,bob:b' })
  const [alice, bob] = [{ authorization: 'Bearer a' }, { authorization: 'Bearer b' }]
  const prediction = await create(server, MAKES, {}, { ...alice, prefer: 'wait' })
  const path = `/v1/predictions/${prediction.id}`
  expect((await server.call('DELETE', path, { headers: bob })).status).toBe(404)
  expect((await server.call('DELETE', path)).status).toBe(401)
  expect(await bodyOf(server.call('GET', path, { headers: alice }))).toEqual(prediction)
  expect(await statusOf(String(prediction.output))).toBe(200)
  expect((await server.call('DELETE', path, { headers: alice })).status).toBe(204)
})

describe('the sweep of a start', () => {
  const stopped = makeFolder()
  let prediction: WirePrediction
  beforeAll(async () => {
    const server = await startServer({ ...SETTINGS, DATA_DIR: stopped })
    prediction = await run(server, MAKES, { shape: 'array', content: LARGE })
    await server.close()
  })
  afterAll(() => removeFolder(stopped))

  /** The data folder of a server that was stopped, with a prediction that keeps two files and a value. */
  function dataFolder() {
    const settings = { ...SETTINGS, DATA_DIR: testFolder() }
    cpSync(stopped, settings.DATA_DIR, { recursive: true })
    return { settings, dir: join(settings.DATA_DIR, 'predictions') }
  }

  async function expectServed(server: TestServer): Promise<void> {
    const { output, input } = await find(server, prediction.id)
    expect(input).toEqual(prediction.input)
    for (const url of [output].flat()) expect(await statusOf(String(url))).toBe(200)
  }

  test('removes what no row names, and leaves the rest', async () => {
    const { settings, dir } = dataFolder()
    const orphan = '01hf0000000000000000000000'
    mkdirSync(join(dir, orphan, 'deeper'), { recursive: true })
    for (const name of ['output-0', 'input-0', '.unfinished-x', 'deeper/file'])
      writeFileSync(join(dir, orphan, name), 'x')
    mkdirSync(join(dir, 'no-id'))
    writeFileSync(join(dir, 'a-file'), 'x')
    for (const name of ['.unfinished-x', 'output-2', 'input-0']) writeFileSync(join(dir, prediction.id, name), 'x')

    const server = await testServer(settings)
    await eventually(() => expect(foldersIn(settings.DATA_DIR)).toEqual([prediction.id]))
    await eventually(() =>
      expect(filesOf(settings.DATA_DIR, prediction.id)).toEqual(['output-0', 'output-1', 'value-0']),
    )
    await expectServed(server)
  })

  test('removes a folder that a model left beside its files, and all that comes after it', async () => {
    const { settings, dir } = dataFolder()
    mkdirSync(join(dir, prediction.id, 'unpacked'))
    mkdirSync(join(dir, 'zzzz-orphan'))
    const server = await testServer(settings)
    await eventually(() => expect(existsSync(join(dir, 'zzzz-orphan'))).toBe(false))
    expect(filesOf(settings.DATA_DIR, prediction.id)).toEqual(['output-0', 'output-1', 'value-0'])
    await expectServed(server)
  })

  test('removes what came to its time while no server ran', async () => {
    const { settings } = dataFolder()
    const server = await testServer({ ...settings, RETENTION: '1s' })
    await eventually(async () => expect(await find(server, prediction.id)).toMatchObject({ data_removed: true }))
    await eventually(() => expect(foldersIn(settings.DATA_DIR)).toEqual([]))
  })

  test('removes the folder of data that was removed when the server died before it', async () => {
    const { settings, dir } = dataFolder()
    const first = await testServer(settings)
    await first.call('DELETE', `/v1/predictions/${prediction.id}`)
    await first.close()
    mkdirSync(join(dir, prediction.id))
    writeFileSync(join(dir, prediction.id, 'output-0'), 'x')
    await testServer(settings)
    await eventually(() => expect(foldersIn(settings.DATA_DIR)).toEqual([]))
  })
})
