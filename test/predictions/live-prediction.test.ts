import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { IdMaker } from '../../src/id.ts'
import { modelStatements } from '../../src/models/store.ts'
import { type LiveContext, LivePrediction } from '../../src/predictions/live-prediction.ts'
import { cancel, expire, type Prediction, type Status, start } from '../../src/predictions/prediction.ts'
import type { Publication, PublishOptions } from '../../src/predictions/publication.ts'
import { PredictionStore, predictionStatements, update } from '../../src/predictions/store.ts'
import { openDatabase, type TestDatabase } from '../support/database.ts'
import { makePrediction } from '../support/predictions.ts'

const CREATED = 1_700_000_000_000
const CHUNK_MS = 500
const START_DELAY_MS = 5
const streaming = { streamSecret: 's'.repeat(26) }

/** Keeps the database from growing, as a full disk does, and takes that back. */
const FULL_DISK = { fill: 'PRAGMA max_page_count = 1', free: 'PRAGMA max_page_count = 1000000000' }

const FORGET = { forget: "DELETE FROM models WHERE name = 'alice/new'" }

// Only timers stand still; the writer's thread and the turns of the event loop go on.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

let database: TestDatabase
let store: PredictionStore
beforeAll(() => {
  database = openDatabase({ ...predictionStatements, ...modelStatements, ...FULL_DISK, ...FORGET })
  store = new PredictionStore(database.reader)
})
afterAll(() => database.close())

const ids = new IdMaker()

async function setUp(changed: Partial<Prediction> = {}) {
  const happened: string[] = []
  const clock = { at: CREATED }
  const publishing = Promise.withResolvers<Publication>()
  const asked: { options?: PublishOptions } = {}
  const context: LiveContext = {
    writer: database.writer,
    clock: { now: () => clock.at, monotonic: () => clock.at },
    log: pino({ level: 'silent' }),
    outbox: { writesFor: async () => [], onCommitted() {}, follow() {}, writesForRemoval: () => [] },
    observer: { onEnded() {} },
    publish: (_, options) => {
      asked.options = options
      return publishing.promise
    },
    onAbandoned: () => void happened.push('abandoned'),
    onEnded: () => void happened.push('ended'),
    onReleased: () => void happened.push('released'),
  }
  const live = new LivePrediction(makePrediction({ id: ids.next(CREATED), createdAt: CREATED, ...changed }), context)
  const seen: Status[] = []
  live.onChange(() => void seen.push(live.view.status))
  await live.create()
  return { ...database, context, publishing, asked, live, seen, happened, clock, stored: () => store.find(live.id) }
}

test('a run goes from queued to succeeded, and what readers see is on disk', async () => {
  const { live, stored, seen, happened } = await setUp()
  expect(live.view).toEqual(stored())
  await live.claim()
  expect(live.wanted).toBe(true)
  live.onStarted()
  vi.advanceTimersByTime(START_DELAY_MS)
  await live.settled()
  expect(stored()).toMatchObject({ status: 'processing', revision: 2 })
  live.onLog('line\n')
  live.onMetric('tokens', 3)
  live.onDone({ answer: 42 }, [], 0.25)
  await live.settled()
  expect(live.ended).toBe(true)
  expect(live.view).toEqual(stored())
  expect(stored()).toMatchObject({
    status: 'succeeded',
    revision: 3,
    output: { answer: 42 },
    logs: 'line\n',
    metrics: { tokens: 3, predict_time: 0.25, total_time: 0 },
  })
  expect(seen).toEqual(['starting', 'processing', 'processing', 'succeeded'])
  expect(happened).toEqual(['ended'])
})

test('its metrics tell the stages that it went through, and a model cannot tell others', async () => {
  const { live, stored, clock } = await setUp()
  clock.at += 20
  live.onSent({ from: CREATED + 5, to: CREATED + 15 })
  clock.at += 30
  live.onStarted()
  for (const name of ['queue_time', 'fetch_time', 'predict_time', 'total_time', 'tokens']) live.onMetric(name, 99)
  clock.at += 400
  live.onDone('done', [], 0.4, 0.1)
  await live.settled()
  const { predict_time: predictTime, ...metrics } = stored()?.metrics ?? {}
  expect(predictTime).toBeCloseTo(0.3)
  expect(metrics).toEqual({
    tokens: 99,
    queue_time: 0.01,
    load_time: 0.01,
    batch_time: 0.03,
    store_time: 0.1,
    total_time: 0.45,
  })
})

test('what is canceled before its turn has only waited', async () => {
  const { live, stored, clock } = await setUp()
  clock.at += 2_500
  live.end(cancel)
  await live.settled()
  expect(stored()?.metrics).toEqual({ queue_time: 2.5, predict_time: 0, total_time: 2.5 })
})

test('a start and an end that come together are one commit', async () => {
  const { live, stored, seen } = await setUp({ claimedAt: CREATED })
  live.onStarted()
  live.onDone('short', [], 0.001)
  await live.settled()
  expect(stored()).toMatchObject({ status: 'succeeded', output: 'short', startedAt: CREATED })
  expect(seen).toEqual(['succeeded'])
})

test('readers see no state before it is committed', async () => {
  const { live, stored } = await setUp()
  live.end(cancel)
  expect(live.view.status).toBe('starting')
  expect(live.ended).toBe(false)
  await live.settled()
  expect(live.view.status).toBe('canceled')
  expect(stored()?.status).toBe('canceled')
})

describe('an end is final', () => {
  test('a late answer changes nothing', async () => {
    const { live, stored, happened } = await setUp({ claimedAt: CREATED })
    live.end(cancel)
    live.onStarted()
    live.onOutput(['late'], [])
    live.onLog('late')
    live.onDone('late', [], 1)
    live.onFailed('late', 1)
    live.end(expire)
    await live.settled()
    expect(stored()).toMatchObject({ status: 'canceled', output: null, logs: '', error: null, revision: 1 })
    expect(happened).toEqual(['abandoned', 'ended'])
  })

  test('a prediction that was canceled cannot be claimed', async () => {
    const { live, stored } = await setUp()
    live.end(cancel)
    await live.claim()
    expect(live.wanted).toBe(false)
    expect(stored()?.claimedAt).toBeNull()
  })

  test('a cancel that comes while the claim is committed wins over the run', async () => {
    const { live, stored } = await setUp()
    const claimed = live.claim()
    live.end(cancel)
    await claimed
    expect(live.wanted).toBe(false)
    expect(stored()).toMatchObject({ status: 'canceled', claimedAt: CREATED })
  })

  test('of many ends at once the first counts', async () => {
    const { live, stored } = await setUp({ claimedAt: CREATED })
    live.onFailed('first', 1)
    live.onDone('second', [], 1)
    live.end(cancel)
    await live.settled()
    expect(stored()).toMatchObject({ status: 'failed', error: 'first', output: null })
  })
})

describe('output that streams', () => {
  async function running() {
    const parts = await setUp({ claimedAt: CREATED, ...streaming })
    parts.live.onStarted()
    vi.advanceTimersByTime(START_DELAY_MS)
    await parts.live.settled()
    return parts
  }

  test('is seen at once, and stored after half a second', async () => {
    const { live, writer } = await running()
    live.onOutput(['a', 'b'], [])
    live.onLog('one\n')
    expect(live.view).toMatchObject({ output: ['a', 'b'], logs: 'one\n' })
    await writer.settled()
    expect(store.chunks(live.id).output).toEqual([])
    vi.advanceTimersByTime(CHUNK_MS)
    await writer.settled()
    expect(store.chunks(live.id)).toEqual({ output: ['a', 'b'], files: [], logs: 'one\n' })
  })

  test('is stored in pieces that add up', async () => {
    const { live, writer, reader } = await running()
    for (const value of ['a', 'b', 'c']) {
      live.onOutput([value], [])
      live.onLog(`${value}\n`)
      vi.advanceTimersByTime(CHUNK_MS)
      await writer.settled()
    }
    expect(store.chunks(live.id)).toEqual({ output: ['a', 'b', 'c'], files: [], logs: 'a\nb\nc\n' })
    const count = reader.prepare('SELECT count(*) FROM prediction_chunks WHERE prediction_id = ?').pluck()
    expect(count.get(live.id)).toBe(3)
  })

  test('is folded into the row when the prediction ends', async () => {
    const { live, stored, writer } = await running()
    live.onOutput(['a'], [])
    vi.advanceTimersByTime(CHUNK_MS)
    await writer.settled()
    live.onOutput(['b'], [])
    live.onDone(null, [], 1)
    await live.settled()
    expect(store.chunks(live.id)).toEqual({ output: [], files: [], logs: '' })
    expect(stored()?.output).toEqual(['a', 'b'])
    vi.advanceTimersByTime(10 * CHUNK_MS)
    await writer.settled()
    expect(store.chunks(live.id).output).toEqual([])
  })

  test('leaves nothing behind when a piece is on its way at the end', async () => {
    const { live, stored, writer } = await running()
    live.onOutput(['a'], [])
    vi.advanceTimersByTime(CHUNK_MS)
    live.onOutput(['b'], [])
    live.onDone(null, [], 1)
    await live.settled()
    await writer.settled()
    vi.advanceTimersByTime(10 * CHUNK_MS)
    await writer.settled()
    expect(store.chunks(live.id).output).toEqual([])
    expect(stored()?.output).toEqual(['a', 'b'])
  })

  test('is kept as far as it came when the prediction fails', async () => {
    const { live, stored } = await running()
    live.onOutput(['a'], [])
    live.onFailed('The tokens ran out', 1)
    await live.settled()
    expect(stored()).toMatchObject({ status: 'failed', output: ['a'], error: 'The tokens ran out' })
  })

  test('that never came is an empty list on success, and null otherwise', async () => {
    const done = await running()
    done.live.onDone(null, [], 1)
    await done.live.settled()
    expect(done.stored()?.output).toEqual([])
    const canceled = await running()
    canceled.live.end(cancel)
    await canceled.live.settled()
    expect(canceled.stored()?.output).toBeNull()
  })
})

test('logs beyond 4 MiB are cut, and say so', async () => {
  const { live, stored } = await setUp({ claimedAt: CREATED })
  for (let i = 0; i < 5; i++) live.onLog('x'.repeat(2 ** 20))
  live.onLog('the last line')
  live.onDone('done', [], 1)
  await live.settled()
  const logs = stored()?.logs ?? ''
  expect(logs.slice(2 ** 22)).toBe('\n[logs beyond 4194304 characters are not kept]\n')
})

describe('a deadline', () => {
  test.each([
    ['before it is claimed aborts', null, 'aborted'],
    ['after it is claimed cancels', CREATED, 'canceled'],
  ])('%s', async (_name, claimedAt, status) => {
    const { live, stored } = await setUp({ claimedAt, deadline: CREATED + 5_000 })
    live.watchDeadline()
    vi.advanceTimersByTime(4_999)
    await live.settled()
    expect(stored()?.status).toBe('starting')
    vi.advanceTimersByTime(1)
    await live.settled()
    expect(stored()?.status).toBe(status)
  })

  test('is counted from the creation, also after a restart', async () => {
    const { live, stored, clock } = await setUp({ deadline: CREATED + 5_000 })
    clock.at = CREATED + 60_000
    live.watchDeadline()
    vi.advanceTimersByTime(1)
    await live.settled()
    expect(stored()).toMatchObject({ status: 'aborted', completedAt: CREATED + 60_000 })
  })

  test('does nothing once the prediction has ended', async () => {
    const { live, stored } = await setUp({ claimedAt: CREATED, deadline: CREATED + 5_000 })
    live.watchDeadline()
    live.onDone('done', [], 1)
    await live.settled()
    vi.advanceTimersByTime(10_000)
    expect(vi.getTimerCount()).toBe(0)
    expect(stored()?.status).toBe('succeeded')
  })
})

describe('when the database does not take a change', () => {
  test('it is tried again until it does, and readers see no end until then', async () => {
    const { live, stored, writer } = await setUp({ claimedAt: CREATED })
    await writer.submit([{ name: 'fill', parameters: [] }])
    live.onDone('x'.repeat(100_000), [], 1)
    await writer.settled()
    expect(live.view.status).toBe('starting')
    expect(stored()?.status).toBe('starting')
    await vi.advanceTimersByTimeAsync(50)
    await writer.settled()
    expect(live.ended).toBe(false)
    await writer.submit([{ name: 'free', parameters: [] }])
    await vi.advanceTimersByTimeAsync(200)
    await live.settled()
    expect(stored()).toMatchObject({ status: 'succeeded', revision: 1, output: 'x'.repeat(100_000) })
    expect(live.view).toEqual(stored())
  })

  test('because another has changed the row, it is dropped', async () => {
    const { live, stored, writer, happened } = await setUp({ claimedAt: CREATED })
    const started = start(live.view, CREATED)
    if (!started) throw new Error('It did not start')
    await writer.submit(update({ ...started, revision: 9 }, 0))
    live.onDone('done', [], 1)
    await live.settled()
    expect(stored()).toMatchObject({ status: 'processing', revision: 9 })
    expect(happened).toEqual(['ended'])
  })

  test('a create is refused', async () => {
    const { writer, context } = await setUp()
    await writer.submit([{ name: 'fill', parameters: [] }])
    const id = ids.next(CREATED)
    const refused = new LivePrediction(makePrediction({ id, input: { text: 'x'.repeat(100_000) } }), context)
    await expect(refused.create()).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 5 })
    await writer.submit([{ name: 'free', parameters: [] }])
    expect(store.find(id)).toBeUndefined()
  })
})

test('a prediction taken up after a restart ends with what a former server stored of it', async () => {
  const { live, context, stored, writer } = await setUp({ claimedAt: CREATED, ...streaming })
  live.onOutput(['a', 'b'], [])
  live.onLog('one\n')
  vi.advanceTimersByTime(CHUNK_MS)
  await writer.settled()
  live.leave()
  expect(live.left).toBe(true)

  const again = new LivePrediction(live.view, context, store.chunks(live.id))
  again.onFailed('Interrupted')
  await again.settled()
  expect(stored()).toMatchObject({ status: 'failed', error: 'Interrupted', output: ['a', 'b'], logs: 'one\n' })
  expect(store.chunks(live.id)).toEqual({ output: [], files: [], logs: '' })
})

test('a stream of very many values is taken up whole', async () => {
  const { live, context, stored, writer } = await setUp({ claimedAt: CREATED, ...streaming })
  const values = Array.from({ length: 300_000 }, (_, i) => `${i}`)
  live.onOutput(values, [])
  vi.advanceTimersByTime(CHUNK_MS)
  await writer.settled()
  live.leave()

  const again = new LivePrediction(live.view, context, store.chunks(live.id))
  again.onFailed('Interrupted')
  await again.settled()
  expect(stored()?.output).toEqual(values)
})

test('who stops listening is told nothing more', async () => {
  const { live } = await setUp({ claimedAt: CREATED })
  let told = 0
  const stop = live.onChange(() => void told++)
  live.onLog('one')
  stop()
  live.onLog('two')
  expect(told).toBe(1)
})

test('what is logged before the start is seen at once, and stored with what follows it', async () => {
  const { live, stored, reader } = await setUp()
  live.onLog('Loading test/model: 1 s so far\n')
  expect(live.view).toMatchObject({ status: 'starting', logs: 'Loading test/model: 1 s so far\n', output: null })
  vi.advanceTimersByTime(2 * CHUNK_MS)
  await live.settled()
  const chunks = reader.prepare('SELECT count(*) FROM prediction_chunks WHERE prediction_id = ?').pluck()
  expect(chunks.get(live.id)).toBe(0)
  await live.claim()
  live.onStarted()
  live.onLog('running\n')
  live.onDone('done', [], 1)
  await live.settled()
  expect(stored()?.logs).toBe('Loading test/model: 1 s so far\nrunning\n')
})

test('a run that is begun a second time, after a batch has died, was begun once', async () => {
  const { live, context, stored } = await setUp({ claimedAt: CREATED })
  const begins: boolean[] = []
  context.outbox.writesFor = async (_, began) => {
    begins.push(began)
    return []
  }
  live.change((p) => ({ ...p, webhook: 'http://127.0.0.1/' }))
  await live.settled()
  begins.length = 0
  live.onStarted()
  live.onStarted()
  vi.advanceTimersByTime(START_DELAY_MS)
  await live.settled()
  live.onStarted()
  live.onDone('done', [], 1)
  await live.settled()
  expect(begins).toEqual([true, false])
  expect(stored()).toMatchObject({ status: 'succeeded', startedAt: CREATED })
})

describe('a training', () => {
  const MODEL = { name: 'model.insert', parameters: ['alice/new', CREATED] }

  async function trained(writes: Publication['writes'] = [MODEL]) {
    const parts = await setUp({ claimedAt: CREATED, destination: 'alice/new' })
    const { live, happened, reader } = parts
    live.onStarted()
    vi.advanceTimersByTime(START_DELAY_MS)
    await live.settled()
    live.onMetric('words', 8)
    live.onDone(null, [], 0.5)
    const models = reader.prepare("SELECT count(*) FROM models WHERE name = 'alice/new'").pluck()
    const publication: Publication = {
      output: { version: 'alice/new:1' },
      writes,
      announce: () => void happened.push(`announced when ${live.view.status}, ${models.get()} on disk`),
      discard: () => void happened.push('discarded'),
    }
    live.onChange(() => void happened.push(live.view.status))
    return { ...parts, publication, models }
  }

  test('goes on while its version is made, and succeeds together with it', async () => {
    const { live, stored, publishing, publication, asked, happened, writer } = await trained()
    expect(live.view).toMatchObject({ status: 'processing', output: null })
    asked.options?.log('looked at\n')
    publishing.resolve(publication)
    await live.published()
    await live.settled()
    expect(stored()).toMatchObject({
      status: 'succeeded',
      output: { version: 'alice/new:1' },
      logs: 'looked at\n',
      metrics: { words: 8, predict_time: 0.5 },
    })
    expect(happened).toEqual(['processing', 'announced when succeeded, 1 on disk', 'succeeded', 'ended'])
    expect(asked.options?.signal.aborted).toBe(false)
    await writer.submit([{ name: 'forget', parameters: [] }])
  })

  test('fails with the reason when no version comes of it', async () => {
    const { live, stored, publishing } = await trained()
    publishing.reject(new Error('predict.ts is missing'))
    await live.published()
    await live.settled()
    expect(stored()).toMatchObject({ status: 'failed', error: 'predict.ts is missing', metrics: { predict_time: 0.5 } })
  })

  test.each([
    ['canceled', cancel],
    ['past its deadline', expire],
  ])('that is %s while its version is made stays so', async (_, transition) => {
    const { live, stored, publishing, publication, asked, happened, models } = await trained()
    live.end(transition)
    expect(asked.options?.signal.aborted).toBe(true)
    publishing.resolve(publication)
    await live.published()
    await live.settled()
    expect(stored()).toMatchObject({ status: 'canceled', output: null })
    expect(models.get()).toBe(0)
    expect(happened).toEqual(['abandoned', 'discarded', 'canceled', 'ended'])
  })

  test('that was canceled while it ran makes none', async () => {
    const { live, asked } = await setUp({ claimedAt: CREATED, destination: 'alice/new' })
    live.end(cancel)
    live.onDone(null, [], 1)
    await live.settled()
    expect(asked.options).toBeUndefined()
  })

  test('keeps its version when the disk is full, until there is room', async () => {
    const { live, stored, publishing, publication, happened, writer, models } = await trained()
    await writer.submit([{ name: 'fill', parameters: [] }])
    // More than the pages that other tests have left free.
    live.onLog('x'.repeat(2 ** 22))
    publishing.resolve(publication)
    await live.published()
    await writer.settled()
    expect(models.get()).toBe(0)
    await writer.submit([{ name: 'free', parameters: [] }])
    await vi.advanceTimersByTimeAsync(50)
    await live.settled()
    expect([stored()?.status, models.get()]).toEqual(['succeeded', 1])
    expect(happened).not.toContain('discarded')
    await writer.submit([{ name: 'forget', parameters: [] }])
  })

  test('fails when its destination is not what it was, and nothing is half done', async () => {
    const gone = { name: 'model.count-runs', parameters: [1, 'alice/gone'], expect: 1 }
    const { live, stored, publishing, publication, happened, models } = await trained([MODEL, gone])
    publishing.resolve(publication)
    await live.published()
    await live.settled()
    expect(stored()).toMatchObject({
      status: 'failed',
      output: null,
      error: 'The version could not be added to alice/new, which has changed or is gone',
      metrics: { words: 8, predict_time: 0.5 },
    })
    expect(live.view).toEqual(stored())
    expect(models.get()).toBe(0)
    expect(happened).toEqual(['discarded', 'failed', 'ended'])
  })
})
