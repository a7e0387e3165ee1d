/** RECORD_RETENTION: what is left of a prediction without its data goes, too, a while later. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { openDatabase } from '../support/data-folder.ts'
import { eventually } from '../support/eventually.ts'
import { MovedClock } from '../support/moved-clock.ts'
import { testReceiver } from '../support/receiver.ts'
import { create, endOf, find, run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testFolder } from '../support/temporary.ts'
import { testServer } from '../support/test-server.ts'
import { bodyOf } from '../support/wire.ts'

const DAY_MS = 24 * 3_600_000
const SETTINGS = { BUNDLED_MODELS: 'off', MODELS_DIR: someModels('makes-files', 'waits'), RECORD_RETENTION: '2d' }
const MAKES = 'test/makes-files'

async function statusOf(server: TestServer, id: string): Promise<number> {
  return (await server.call('GET', `/v1/predictions/${id}`)).status
}

async function listed(server: TestServer): Promise<string[]> {
  const { results } = await bodyOf<{ results: WirePrediction[] }>(server.call('GET', '/v1/predictions'))
  return results.map(({ id }) => id)
}

/** Starts a server again some time later; each sweep begins with the start. */
async function later(dataDir: string, clock: MovedClock, timeMs: number, more = {}): Promise<TestServer> {
  clock.pass(timeMs)
  return testServer({ ...SETTINGS, DATA_DIR: dataDir, ...more }, { clock })
}

test('the row goes with its idempotency key when its time is over, and never the newest', async () => {
  const clock = new MovedClock()
  const dataDir = testFolder()
  const first = await later(dataDir, clock, 0)
  const headers = { 'idempotency-key': 'once', prefer: 'wait' }
  const old = await create(first, MAKES, { content: 'a' }, headers)
  const other = await run(first, MAKES, { content: 'b' })
  await first.close()

  const second = await later(dataDir, clock, DAY_MS)
  await eventually(async () => expect(await find(second, old.id)).toMatchObject({ data_removed: true }))
  expect(await create(second, MAKES, { content: 'a' }, headers)).toMatchObject({ id: old.id })
  await second.close()

  const third = await later(dataDir, clock, DAY_MS + 1_000)
  await eventually(async () => expect(await statusOf(third, old.id)).toBe(404))
  expect(await listed(third)).toEqual([other.id])
  const again = await create(third, MAKES, { content: 'a' }, headers)
  expect(again.id > other.id).toBe(true)
  await third.close()

  const fourth = await later(dataDir, clock, 60_000)
  await eventually(async () => expect(await statusOf(fourth, other.id)).toBe(404))
  expect(await listed(fourth)).toEqual([again.id])
  const db = openDatabase(dataDir)
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
  db.close()
})

test('a row with data stays, however old it is; off keeps every row', async () => {
  const clock = new MovedClock()
  const dataDir = testFolder()
  const first = await later(dataDir, clock, 0, { RETENTION: 'off' })
  const kept = await run(first, MAKES, {})
  const removed = await run(first, MAKES, {})
  await run(first, MAKES, {})
  await first.call('DELETE', `/v1/predictions/${removed.id}`)
  await first.close()

  const second = await later(dataDir, clock, 400 * DAY_MS, { RETENTION: 'off', RECORD_RETENTION: 'off' })
  expect(await statusOf(second, removed.id)).toBe(200)
  await second.close()

  const third = await later(dataDir, clock, 0, { RETENTION: 'off' })
  await eventually(async () => expect(await statusOf(third, removed.id)).toBe(404))
  expect(await find(third, kept.id)).toMatchObject({ status: 'succeeded', input: kept.input, data_removed: false })
})

test('a row waits until its receiver has been told', async () => {
  const clock = new MovedClock()
  const dataDir = testFolder()
  const receiver = await testReceiver((response) => {
    response.statusCode = 503
    response.setHeader('retry-after', String((10 * DAY_MS) / 1_000))
    response.end()
  })
  const first = await later(dataDir, clock, 0, { WEBHOOK_RETRY: '24h' })
  const body = { input: {}, webhook: receiver.url, webhook_events_filter: ['completed'] }
  const told: WirePrediction = await bodyOf(first.call('POST', `/v1/models/${MAKES}/predictions`, { body }))
  await receiver.until((arrivals) => arrivals[0])
  const plain = await run(first, MAKES, {})
  await run(first, MAKES, {})
  await first.close()
  // As if the receiver had asked for more time than any may.
  const db = openDatabase(dataDir)
  db.prepare('UPDATE webhook_deliveries SET next_try_at = next_try_at + ?').run(365 * DAY_MS)
  db.close()

  const second = await later(dataDir, clock, 5 * DAY_MS)
  await eventually(async () => expect(await statusOf(second, plain.id)).toBe(404))
  expect(await find(second, told.id)).toMatchObject({ data_removed: false })
})

describe('a clock that is set wrong for a while', () => {
  let started: TestServer | undefined
  let server: TestServer
  const clock = new MovedClock()
  beforeAll(async () => {
    started = await startServer({ ...SETTINGS, RETENTION: '1s' }, { clock })
    server = started
  })
  afterAll(() => started?.close())

  async function upload(): Promise<string> {
    const form = new FormData()
    form.append('content', new Blob(['hello']), 'a.txt')
    const { id }: { id: string } = await bodyOf(fetch(`${server.address}/v1/files`, { method: 'POST', body: form }))
    return id
  }

  test('ahead, it removes nothing before its time; back, what was uploaded is there again', async () => {
    const file = await upload()
    // Its retention is over after a second of anybody's time.
    const [early, late] = [await run(server, MAKES, {}), await run(server, MAKES, {})]
    clock.byMs += 40 * DAY_MS
    await eventually(async () => expect(await find(server, late.id)).toMatchObject({ data_removed: true }))
    expect(await statusOf(server, early.id)).toBe(200)
    expect((await server.call('GET', `/v1/files/${file}`)).status).toBe(404)
    clock.byMs -= 40 * DAY_MS
    expect((await server.call('GET', `/v1/files/${file}`)).status).toBe(200)
  })

  test('behind, predictions go on, end after they began, and lose their data later', async () => {
    const before = await run(server, MAKES, {})
    clock.byMs -= 3_600_000
    const after = await endOf(server, (await create(server, MAKES, {})).id)
    expect(after).toMatchObject({ status: 'succeeded', data_removed: false })
    expect(Date.parse(after.created_at)).toBeGreaterThanOrEqual(Date.parse(before.created_at))
    expect(Date.parse(after.completed_at ?? '')).toBeGreaterThanOrEqual(Date.parse(after.created_at))
    clock.byMs += 3_600_000
    await eventually(async () => expect(await find(server, after.id)).toMatchObject({ data_removed: true }))
  })
})
