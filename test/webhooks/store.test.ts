import { describe, expect, test } from 'vitest'
import type { NewDelivery } from '../../src/webhooks/delivery.ts'
import {
  forgetSecrets,
  insert,
  insertSecret,
  pruneProgress,
  receiverOf,
  removeDeliveries,
  retireSecret,
  supersedeProgress,
  update,
  WebhookStore,
  webhookStatements,
} from '../../src/webhooks/store.ts'
import { testDatabase } from '../support/database.ts'
import { makeDelivery } from '../support/webhooks.ts'

const RECEIVER = 'http://receiver.test'
const LATER = 1_000_000

function setUp() {
  const { writer, reader } = testDatabase(webhookStatements)
  const store = new WebhookStore(reader)
  return {
    writer,
    store,
    insertAll: (...deliveries: NewDelivery[]) => writer.submit(deliveries.flatMap(insert)),
    due: (now = LATER, most = 100) => store.due(RECEIVER, now, most).map(({ id }) => id),
  }
}

/** The first of a prediction of its own. */
function alone(id: string, changed: Partial<NewDelivery> = {}): NewDelivery {
  return makeDelivery({ id, predictionId: `prediction of ${id}`, ...changed })
}

describe('a delivery', () => {
  test.each([
    ['that waits', makeDelivery()],
    [
      'that was tried',
      makeDelivery({
        event: 'completed',
        body: '{"text":"日本語 👋 \\ud800"}',
        tries: [
          { at: 1, durationMs: 2, status: null, error: 'it hung' },
          { at: 3, durationMs: 4, status: 503, error: 'it answered 503' },
        ],
      }),
    ],
    ['that has ended', makeDelivery({ state: 'delivered', nextTryAt: null })],
  ])('%s is read back as it was written', async (_name, delivery) => {
    const { store, insertAll } = setUp()
    await insertAll(delivery)
    const { body, ...kept } = delivery
    expect(store.find(delivery.id)).toEqual(kept)
    expect(store.ofPrediction(delivery.predictionId)).toEqual([kept])
    expect(store.body(delivery.id)).toBe(body ?? undefined)
    expect(store.due(RECEIVER, LATER, 1).map(({ bodyBytes }) => bodyBytes)).toEqual(
      delivery.state === 'waiting' ? [Buffer.byteLength(body ?? '')] : [],
    )
  })

  test('is not found before it is written', () => {
    const { store } = setUp()
    expect(store.find('msg_1')).toBeUndefined()
    expect(store.ofPrediction(makeDelivery().predictionId)).toEqual([])
    expect(store.receivers()).toEqual([])
  })

  test('is updated with what became of it, and nothing else', async () => {
    const { store, writer, insertAll } = setUp()
    const { body, ...delivery } = makeDelivery({ body: '{}' })
    const { body: _, ...other } = alone('other')
    await insertAll({ ...delivery, body }, alone('other'))
    const tries = [{ at: 1, durationMs: 2, status: 200, error: null }]
    await writer.submit(update({ ...delivery, event: 'completed', state: 'delivered', nextTryAt: null, tries }))
    expect(store.find(delivery.id)).toEqual({ ...delivery, state: 'delivered', nextTryAt: null, tries })
    expect(store.body(delivery.id)).toBe(body)
    expect(store.find('other')).toEqual(other)
  })

  test('keeps its id to itself', async () => {
    const { insertAll } = setUp()
    await insertAll(makeDelivery())
    await expect(insertAll(makeDelivery())).rejects.toThrow()
  })
})

describe('what is due', () => {
  test('comes in the order of its times, then in that of its creation', async () => {
    const { insertAll, due } = setUp()
    await insertAll(
      alone('third', { nextTryAt: 20 }),
      alone('first', { nextTryAt: 10 }),
      alone('fourth', { nextTryAt: 20 }),
      alone('second', { nextTryAt: 15 }),
    )
    expect(due()).toEqual(['first', 'second', 'third', 'fourth'])
    expect(due(LATER, 2)).toEqual(['first', 'second'])
    expect(due(15)).toEqual(['first', 'second'])
    expect(due(9)).toEqual([])
  })

  test('is what waits', async () => {
    const { insertAll, due } = setUp()
    for (const state of ['delivered', 'failed', 'superseded'] as const)
      await insertAll(alone(state, { state, nextTryAt: null }))
    await insertAll(alone('waiting'))
    expect(due()).toEqual(['waiting'])
  })

  test('is what goes to the receiver', async () => {
    const { store, insertAll, due } = setUp()
    await insertAll(
      alone('here'),
      alone('here too', { url: `${RECEIVER}/elsewhere` }),
      alone('other port', { url: `${RECEIVER}:8080/hook` }),
      alone('other scheme', { url: 'https://receiver.test/hook' }),
    )
    expect(due()).toEqual(['here', 'here too'])
    expect(store.receivers().sort()).toEqual([RECEIVER, 'http://receiver.test:8080', 'https://receiver.test'])
  })

  test('of one prediction is the first that waits, also when its time comes later', async () => {
    const { writer, insertAll, due } = setUp()
    const [start, completed] = [
      makeDelivery({ id: 'start', nextTryAt: 500 }),
      makeDelivery({ id: 'completed', event: 'completed', nextTryAt: 100 }),
    ]
    await insertAll(start, completed, alone('of another', { nextTryAt: 200 }))
    expect(due(400)).toEqual(['of another'])
    expect(due(500)).toEqual(['of another', 'start'])
    await writer.submit(update({ ...start, state: 'failed', nextTryAt: null }))
    expect(due(500)).toEqual(['completed', 'of another'])
  })

  test('is announced by the time of the next', async () => {
    const { store, insertAll } = setUp()
    await insertAll(alone('a', { nextTryAt: 10 }), alone('b', { nextTryAt: 30 }), alone('c', { nextTryAt: 20 }))
    expect([5, 10, 20, 30].map((now) => store.nextTryAt(RECEIVER, now))).toEqual([10, 20, 30, undefined])
    expect(store.nextTryAt('http://other.test', 5)).toBeUndefined()
  })
})

describe('the end of a prediction', () => {
  test('supersedes its output and logs that wait, and nothing else', async () => {
    const { store, writer, insertAll } = setUp()
    await insertAll(
      makeDelivery({ id: 'start' }),
      makeDelivery({ id: 'told', event: 'output', state: 'delivered', nextTryAt: null }),
      makeDelivery({ id: 'output', event: 'output' }),
      makeDelivery({ id: 'logs', event: 'logs' }),
      alone('of another', { event: 'output' }),
    )
    await writer.submit(supersedeProgress(makeDelivery().predictionId))
    const states = ['start', 'told', 'output', 'logs', 'of another'].map((id) => store.find(id)?.state)
    expect(states).toEqual(['waiting', 'delivered', 'superseded', 'superseded', 'waiting'])
    expect(store.find('output')?.nextTryAt).toBeNull()
  })

  test('is removed with its data, and with it nothing of others', async () => {
    const { store, writer, insertAll, due } = setUp()
    await insertAll(makeDelivery(), makeDelivery({ id: 'second' }), alone('of another'))
    await writer.submit(removeDeliveries([makeDelivery().predictionId]))
    expect(store.ofPrediction(makeDelivery().predictionId)).toEqual([])
    expect(due()).toEqual(['of another'])
  })
})

describe('pruning', () => {
  const KEPT = 100

  test('keeps the newest of what went on, and all else', async () => {
    const { store, writer, insertAll } = setUp()
    const told = { state: 'delivered', nextTryAt: null } as const
    const progress = Array.from({ length: KEPT + 20 }, (_, i) =>
      makeDelivery({ id: `progress ${i}`, event: i % 2 === 0 ? 'output' : 'logs', ...told }),
    )
    const others = Array.from({ length: KEPT + 20 }, (_, i) => alone(`other ${i}`, { predictionId: 'other', ...told }))
    await insertAll(makeDelivery({ id: 'start', ...told }), ...progress, ...others)
    await writer.submit(pruneProgress(makeDelivery().predictionId))
    expect(store.ofPrediction(makeDelivery().predictionId).map(({ id }) => id)).toEqual([
      'start',
      ...progress.slice(20).map(({ id }) => id),
    ])
    expect(store.ofPrediction('other')).toHaveLength(KEPT + 20)
  })

  test('keeps what still waits, however old', async () => {
    const { store, writer, insertAll } = setUp()
    const told = Array.from({ length: KEPT + 1 }, (_, i) =>
      makeDelivery({ id: `told ${i}`, event: 'output', state: 'delivered', nextTryAt: null }),
    )
    await insertAll(makeDelivery({ id: 'waits', event: 'logs' }), ...told)
    await writer.submit(pruneProgress(makeDelivery().predictionId))
    expect(store.find('waits')).toBeDefined()
    expect(store.find('told 0')).toBeUndefined()
    expect(store.find('told 1')).toBeDefined()
  })
})

describe('secrets', () => {
  test('of an account are the present one, then those that retire later', async () => {
    const { store, writer } = setUp()
    expect(store.secrets('alice', 0)).toEqual([])
    await writer.submit([
      ...insertSecret('alice', 'first', 10),
      ...insertSecret('bob', 'other', 10),
      ...retireSecret('alice', 120),
      ...insertSecret('alice', 'second', 20),
      ...retireSecret('alice', 130),
      ...insertSecret('alice', 'third', 30),
    ])
    expect(store.secrets('alice', 119)).toEqual(['third', 'second', 'first'])
    expect(store.secrets('alice', 120)).toEqual(['third', 'second'])
    expect(store.secrets('alice', 130)).toEqual(['third'])
    expect(store.secrets('bob', 1e15)).toEqual(['other'])
    await writer.submit(forgetSecrets(120))
    expect(store.secrets('alice', 0)).toEqual(['third', 'second'])
  })
})

test.each([
  ['http://Receiver.test:80/a?b#c', RECEIVER],
  ['https://receiver.test:443', 'https://receiver.test'],
  ['http://[::1]:8080/x', 'http://[::1]:8080'],
])('the receiver of %s is %s', (url, expected) => {
  expect(receiverOf(url)).toBe(expected)
})
