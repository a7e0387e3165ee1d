import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Position, toPage } from '../../src/page.ts'
import { cancel, claim, isTerminal, type Prediction, start, succeed } from '../../src/predictions/prediction.ts'
import {
  append,
  fold,
  insert,
  type ListFilter,
  PredictionStore,
  predictionStatements,
  update,
} from '../../src/predictions/store.ts'
import { openDatabase, type TestDatabase, testDatabase } from '../support/database.ts'
import { makePrediction } from '../support/predictions.ts'

function setUp() {
  const database = testDatabase(predictionStatements)
  return { ...database, store: new PredictionStore(database.reader) }
}

function changed(next: Prediction | undefined): Prediction {
  if (!next) throw new Error('The transition changed nothing')
  return { ...next, revision: next.revision + 1 }
}

const FULL = makePrediction({
  deployment: 'app',
  source: 'web',
  input: { text: 'a "quoted" 日本語 👋 \u2028', nested: [{ deep: [null, 1.5, true] }] },
  output: [{ label: 'cat', score: 0.9 }, 'text', null],
  logs: 'one\ntwo\r\n\0',
  error: 'It broke',
  metrics: { predict_time: 0.5 },
  claimedAt: 1,
  startedAt: 2,
  completedAt: 3,
  deadline: 4,
  webhook: 'https://example.com/hook',
  webhookEventsFilter: ['start', 'completed'],
  streamSecret: 's'.repeat(26),
  idempotencyKey: 'key',
  requestHash: 'hash',
})

describe('one prediction', () => {
  test.each([
    ['full', FULL],
    ['empty', makePrediction()],
  ])('is read back as it was written: %s', async (_name, prediction) => {
    const { writer, store } = setUp()
    await writer.submit(insert(prediction))
    expect(store.find(prediction.id)).toEqual(prediction)
  })

  test('is not found before it is written', () => {
    expect(setUp().store.find('01hf0000000000000000000000')).toBeUndefined()
  })

  test('is updated in each of its states', async () => {
    const { writer, store } = setUp()
    const queued = makePrediction()
    const claimed = changed(claim(queued, 1_700_000_000_001))
    const started = changed(start(claimed, 1_700_000_000_002))
    const report = { output: { a: 1 }, outputFiles: [], logs: 'line\n', metrics: { tokens: 2 }, predictSeconds: 1 }
    const ended = changed(succeed(started, report, 1_700_000_000_003))
    await writer.submit(insert(queued))
    for (const [before, after] of [
      [queued, claimed],
      [claimed, started],
      [started, ended],
    ] as const) {
      await writer.submit(update(after, before.revision))
      expect(store.find(queued.id)).toEqual(after)
    }
  })

  test('is not updated by who has not seen its last revision', async () => {
    const { writer, store } = setUp()
    const queued = makePrediction()
    const claimed = changed(claim(queued, 1))
    await writer.submit(insert(queued))
    await writer.submit(update(claimed, 0))
    const canceled = changed(cancel(queued, { output: null, outputFiles: [], logs: '' }, 2))
    await expect(writer.submit(update(canceled, 0))).rejects.toMatchObject({ code: 'conflict' })
    expect(store.find(queued.id)).toEqual(claimed)
  })

  test('cannot be inserted twice', async () => {
    const { writer } = setUp()
    await writer.submit(insert(makePrediction()))
    await expect(writer.submit(insert(makePrediction({ account: 'other' })))).rejects.toMatchObject({
      code: 'conflict',
    })
  })
})

describe('idempotency keys', () => {
  const first = makePrediction({ id: id(1), idempotencyKey: 'key', requestHash: 'hash' })

  test('a prediction is found by the key of its account', async () => {
    const { writer, store } = setUp()
    await writer.submit(insert(first))
    expect(store.findByIdempotencyKey('local', 'key')).toEqual(first)
    expect(store.findByIdempotencyKey('other', 'key')).toBeUndefined()
    expect(store.findByIdempotencyKey('local', 'another')).toBeUndefined()
  })

  test('an account uses a key once, and others may use the same', async () => {
    const { writer, store } = setUp()
    await writer.submit(insert(first))
    await writer.submit(insert({ ...first, id: id(2), account: 'other' }))
    await expect(writer.submit(insert({ ...first, id: id(3) }))).rejects.toMatchObject({ code: 'conflict' })
    expect(store.find(id(3))).toBeUndefined()
  })

  test('predictions without a key do not stand in each other’s way', async () => {
    const { writer } = setUp()
    await Promise.all([1, 2, 3].map((n) => writer.submit(insert(makePrediction({ id: id(n) })))))
  })
})

describe('what a restart looks at', () => {
  test('unfinished predictions come in the order they were created, those of one millisecond by id', async () => {
    const { writer, store } = setUp()
    const at = [
      [id(4), 20],
      [id(3), 10],
      [id(1), 20],
      [id(2), 30],
    ] as const
    for (const [name, createdAt] of at) await writer.submit(insert(makePrediction({ id: name, createdAt })))
    await writer.submit(insert(makePrediction({ id: id(9), status: 'failed', completedAt: 5 })))
    expect([...store.unfinished()].map((prediction) => prediction.id)).toEqual([id(3), id(1), id(4), id(2)])
  })

  test('the time of the last row is known, and zero before the first', async () => {
    const { writer, store } = setUp()
    expect(store.lastCreatedAt()).toBe(0)
    await writer.submit(insert(makePrediction({ id: id(1), createdAt: 10 })))
    await writer.submit(insert(makePrediction({ id: id(2), createdAt: 20 })))
    expect(store.lastCreatedAt()).toBe(20)
  })
})

describe('chunks', () => {
  test('are put together in the order they were produced', async () => {
    const { writer, store } = setUp()
    await writer.submit(append('a', 1, { output: [{ b: 2 }], files: [], logs: 'two\n' }, 2))
    await writer.submit(append('a', 0, { output: ['one', null], files: [], logs: 'one\n' }, 1))
    await writer.submit(append('other', 0, { output: ['other'], files: [], logs: '' }, 1))
    expect(store.chunks('a')).toEqual({ output: ['one', null, { b: 2 }], files: [], logs: 'one\ntwo\n' })
    expect(store.chunks('none')).toEqual({ output: [], files: [], logs: '' })
  })

  test('go in the commit that writes the whole output', async () => {
    const { writer, store } = setUp()
    const queued = makePrediction()
    const ended = changed(cancel(queued, { output: ['one'], outputFiles: [], logs: 'one\n' }, 1))
    await writer.submit(insert(queued))
    await writer.submit(append(queued.id, 0, { output: ['one'], files: [], logs: 'one\n' }, 1))
    await writer.submit([...update(ended, 0), ...fold(ended.id)])
    expect(store.chunks(queued.id)).toEqual({ output: [], files: [], logs: '' })
    expect(store.find(queued.id)?.output).toEqual(['one'])
  })

  test('stay when the row has moved on', async () => {
    const { writer, store } = setUp()
    const queued = makePrediction()
    const ended = changed(cancel(queued, { output: null, outputFiles: [], logs: '' }, 1))
    await writer.submit(insert({ ...queued, revision: 7 }))
    await writer.submit(append(queued.id, 0, { output: ['one'], files: [], logs: '' }, 1))
    await expect(writer.submit([...update(ended, 0), ...fold(ended.id)])).rejects.toMatchObject({ code: 'conflict' })
    expect(store.chunks(queued.id).output).toEqual(['one'])
  })
})

describe('lists', () => {
  const all: ListFilter = {
    account: 'local',
    trainings: false,
    createdAfter: undefined,
    createdBefore: undefined,
    source: undefined,
  }
  // Times repeat, so that pages are cut between rows of one millisecond.
  const rows = Array.from({ length: 23 }, (_, n) =>
    makePrediction({
      id: id(n),
      createdAt: 1_000 + Math.floor(n / 5),
      source: n % 3 === 0 ? 'web' : 'api',
      model: n % 2 === 0 ? 'a/even' : 'a/odd',
      ...(['starting', 'processing', 'succeeded', 'failed', 'canceled', 'aborted'] as const).map((status) => ({
        status,
        completedAt: isTerminal(status) ? 2_000 : null,
      }))[n % 6],
    }),
  )
  const newestFirst = [...rows].reverse().map((row) => row.id)

  let database: TestDatabase
  let store: PredictionStore
  beforeAll(async () => {
    database = openDatabase(predictionStatements)
    store = new PredictionStore(database.reader)
    const shuffled = rows.toSorted((a, b) => (a.id.slice(-1) < b.id.slice(-1) ? -1 : 1))
    await Promise.all(shuffled.map((row) => database.writer.submit(insert(row))))
    await database.writer.submit(insert(makePrediction({ id: id(99), account: 'other', createdAt: 1_002 })))
    for (const n of [50, 51])
      await database.writer.submit(insert(makePrediction({ id: id(n), createdAt: 1_002, destination: 'local/new' })))
  })
  afterAll(() => database.close())

  function ids(found: Prediction[]): string[] {
    return found.map((prediction) => prediction.id)
  }

  test('are of one account, newest first', () => {
    expect(ids(store.list(all, undefined, 100).rows)).toEqual(newestFirst)
    expect(ids(store.list({ ...all, account: 'other' }, undefined, 100).rows)).toEqual([id(99)])
    expect(store.list({ ...all, account: 'nobody' }, undefined, 100)).toEqual({ rows: [], more: false })
  })

  test('are of trainings, or of all others', () => {
    const { rows } = store.list({ ...all, trainings: true }, undefined, 100)
    expect(ids(rows)).toEqual([id(51), id(50)])
    expect(rows[0]?.destination).toBe('local/new')
  })

  test.each([1, 2, 5, 7, 22, 23, 24])('in pages of %i show every row once, forwards and back again', (size) => {
    const page = (position: Position | undefined) => toPage(store.list(all, position, size), position)

    let current = page(undefined)
    expect(current.previous).toBeUndefined()
    const forwards = [ids(current.rows)]
    while (current.next) {
      current = page(current.next)
      forwards.push(ids(current.rows))
    }
    expect(forwards.flat()).toEqual(newestFirst)

    const backwards = [ids(current.rows)]
    while (current.previous) {
      current = page(current.previous)
      backwards.unshift(ids(current.rows))
    }
    expect(backwards).toEqual(forwards)
  })

  test.each([
    [{ createdAfter: 1_003 }, (row: Prediction) => row.createdAt >= 1_003],
    [{ createdBefore: 1_003 }, (row: Prediction) => row.createdAt < 1_003],
    [
      { createdAfter: 1_001, createdBefore: 1_003 },
      (row: Prediction) => row.createdAt >= 1_001 && row.createdAt < 1_003,
    ],
    [{ createdAfter: 1_003, createdBefore: 1_001 }, () => false],
    [{ source: 'web' as const }, (row: Prediction) => row.source === 'web'],
    [{ model: 'a/odd' }, (row: Prediction) => row.model === 'a/odd'],
    [{ status: 'starting' as const }, (row: Prediction) => row.status === 'starting'],
    [{ status: 'succeeded' as const }, (row: Prediction) => row.status === 'succeeded'],
    [{ status: 'failed' as const }, (row: Prediction) => row.status === 'failed'],
    [
      { status: 'aborted' as const, model: 'a/odd', createdAfter: 1_001 },
      (row: Prediction) => row.status === 'aborted' && row.createdAt >= 1_001,
    ],
    [
      { source: 'web' as const, createdAfter: 1_002 },
      (row: Prediction) => row.source === 'web' && row.createdAt >= 1_002,
    ],
  ])('can be narrowed: %j', (filter, belongs) => {
    const expected = [...rows].reverse().filter(belongs)
    expect(ids(store.list({ ...all, ...filter }, undefined, 100).rows)).toEqual(expected.map((row) => row.id))
  })

  test('stay narrowed on every page', () => {
    const filter: ListFilter = { ...all, source: 'web', createdAfter: 1_001 }
    const first = toPage(store.list(filter, undefined, 3), undefined)
    const second = toPage(store.list(filter, first.next, 3), first.next)
    const expected = [...rows].reverse().filter((row) => row.source === 'web' && row.createdAt >= 1_001)
    expect(ids([...first.rows, ...second.rows])).toEqual(expected.map((row) => row.id))
  })
})

test('a list goes on where it was while new predictions come in', async () => {
  const { store, writer } = setUp()
  const all: ListFilter = {
    account: 'local',
    trainings: false,
    createdAfter: undefined,
    createdBefore: undefined,
    source: undefined,
  }
  for (const n of [1, 2, 3, 4]) await writer.submit(insert(makePrediction({ id: id(n), createdAt: n })))
  const { next, rows: first } = toPage(store.list(all, undefined, 2), undefined)
  await writer.submit(insert(makePrediction({ id: id(5), createdAt: 5 })))
  const { rows: second, previous } = toPage(store.list(all, next, 2), next)
  expect([...first, ...second].map((row) => row.createdAt)).toEqual([4, 3, 2, 1])
  const back = toPage(store.list(all, previous, 2), previous)
  expect(back.rows.map((row) => row.createdAt)).toEqual([4, 3])
  expect(toPage(store.list(all, back.previous, 2), back.previous).rows.map((row) => row.createdAt)).toEqual([5])
})

function id(n: number): string {
  return `01hf${String(n).padStart(22, '0')}`
}

test('a deployment is in use while a prediction on it has not ended, and was last used when the last one did', async () => {
  const { writer, store } = setUp()
  const on = (n: number, changes: Partial<Prediction>) =>
    writer.submit(insert(makePrediction({ id: id(n), deployment: 'app', ...changes })))
  expect(store.useOf('local', 'app')).toEqual({ unfinished: false, lastEndedAt: undefined })
  await on(1, { status: 'succeeded', createdAt: 1, completedAt: 30 })
  await on(2, { status: 'failed', createdAt: 2, completedAt: 20 })
  await on(3, { status: 'succeeded', completedAt: 90, account: 'other' })
  await on(4, { status: 'succeeded', completedAt: 90, deployment: 'other' })
  await on(5, { deployment: null })
  expect(store.useOf('local', 'app')).toEqual({ unfinished: false, lastEndedAt: 30 })
  await on(6, {})
  expect(store.useOf('local', 'app')).toEqual({ unfinished: true, lastEndedAt: 30 })
})
