import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { NewDelivery } from '../../src/webhooks/delivery.ts'
import { Dispatcher } from '../../src/webhooks/dispatcher.ts'
import type { Post, PostOutcome } from '../../src/webhooks/post.ts'
import { WebhookSecrets } from '../../src/webhooks/secrets.ts'
import { insert, receiverOf, supersedeProgress, WebhookStore, webhookStatements } from '../../src/webhooks/store.ts'
import { testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { makeDelivery } from '../support/webhooks.ts'

const TAKEN: PostOutcome = { status: 200, retryAfterMs: undefined, error: null }
const MOST_PER_RECEIVER = 16

interface Sending {
  /** Of the delivery. */
  id: string
  url: string
  end(outcome?: PostOutcome): void
}

/** A dispatcher on a real database whose receivers answer when the test says so. */
async function setUp(...waiting: NewDelivery[]) {
  const { writer, reader } = testDatabase(webhookStatements)
  const store = new WebhookStore(reader)
  const secrets = new WebhookSecrets({ store, writer, clock: systemClock })
  await secrets.present('local')
  await writer.submit(waiting.flatMap(insert))
  const sending = new Map<string, Sending>()
  const begun: string[] = []

  async function post({ url, headers }: Post, signal: AbortSignal): Promise<PostOutcome> {
    const id = headers['webhook-id']
    const { promise, resolve, reject } = Promise.withResolvers<PostOutcome>()
    signal.addEventListener('abort', () => reject(signal.reason))
    sending.set(id, { id, url, end: (outcome = TAKEN) => resolve(outcome) })
    begun.push(id)
    return promise.finally(() => sending.delete(id))
  }

  const dispatcher = new Dispatcher({
    store,
    writer,
    secrets,
    post,
    render: async () => '{}',
    traceTry: () => ({ headers: {}, end() {} }),
    onTried: () => {},
    retryWindowMs: 60_000,
    clock: systemClock,
    log: pino({ level: 'silent' }),
  })
  onTestFinished(() => dispatcher.close())
  return { store, writer, dispatcher, sending, begun }
}

function many(count: number, url: string): NewDelivery[] {
  return Array.from({ length: count }, (_, i) => {
    const id = `${new URL(url).hostname} ${i}`
    return makeDelivery({ id, predictionId: id, url, event: 'completed', body: '{}' })
  })
}

describe('the dispatcher', () => {
  test('sends what waits when it starts, and keeps what became of it', async () => {
    const { store, dispatcher, sending } = await setUp(makeDelivery())
    dispatcher.start()
    await eventually(() => expect([...sending.keys()]).toEqual(['msg_1']))
    sending.get('msg_1')?.end()
    await eventually(() => expect(store.find('msg_1')).toMatchObject({ state: 'delivered', nextTryAt: null }))
    expect(store.find('msg_1')?.tries).toEqual([
      { at: expect.any(Number), durationMs: expect.any(Number), status: 200, error: null },
    ])
  })

  test('sends nothing before it starts and after it has closed, and leaves what it was sending', async () => {
    const { store, dispatcher, begun } = await setUp(makeDelivery())
    const receiver = receiverOf(makeDelivery().url)
    dispatcher.wake(receiver)
    expect(begun).toEqual([])
    dispatcher.start()
    await eventually(() => expect(begun).toEqual(['msg_1']))
    await dispatcher.close()
    dispatcher.wake(receiver)
    expect(store.find('msg_1')).toMatchObject({ state: 'waiting', tries: [{ error: 'the server stopped' }] })
    expect(begun).toEqual(['msg_1'])
  })

  test('sends no more at a time to one receiver than its share, and all in the end', async () => {
    const deliveries = many(3 * MOST_PER_RECEIVER, 'http://a.test/hook')
    const { store, dispatcher, sending, begun } = await setUp(...deliveries)
    dispatcher.start()
    for (let sent = 0; sent < deliveries.length; ) {
      await eventually(() => expect(sending.size).toBe(Math.min(MOST_PER_RECEIVER, deliveries.length - sent)))
      sending.values().next().value?.end()
      sent++
      await eventually(() => expect(begun.length).toBe(Math.min(deliveries.length, sent + MOST_PER_RECEIVER)))
    }
    await eventually(() => expect(store.receivers()).toEqual([]))
    expect(begun).toEqual(deliveries.map(({ id }) => id))
  })

  test.each([1, 16, 40])('sends to others while %i receivers hang', async (hanging) => {
    const hung = Array.from({ length: hanging }, (_, i) => many(MOST_PER_RECEIVER, `http://hangs-${i}.test/hook`))
    const { dispatcher, writer, sending, begun } = await setUp(...hung.flat())
    dispatcher.start()
    await eventually(() => expect(begun.length).toBeGreaterThanOrEqual(Math.min(hanging, MOST_PER_RECEIVER)))
    const other = makeDelivery({ id: 'other', predictionId: 'other', url: 'http://other.test/hook' })
    await writer.submit(insert(other))
    dispatcher.wake(receiverOf(other.url))
    await eventually(() => expect([...sending.keys()]).toContain('other'))
  })

  test('gives room that comes free to who has waited for it, not to who hangs', async () => {
    const hung = Array.from({ length: 140 }, (_, i) => many(20, `http://hangs-${i}.test/hook`))
    const { dispatcher, writer, sending, begun } = await setUp(...hung.flat())
    dispatcher.start()
    await eventually(() => expect(begun.length).toBeGreaterThanOrEqual(256))
    const other = makeDelivery({ id: 'other', predictionId: 'other', url: 'http://other.test/hook' })
    await writer.submit(insert(other))
    dispatcher.wake(receiverOf(other.url))
    expect([...sending.keys()]).not.toContain('other')
    // Of those that hang with two tries each, which others have waited behind.
    const taken = [...sending.values()].slice(-2 * 64)
    for (const { end } of taken) end()
    await eventually(() => expect([...sending.keys()]).toContain('other'))
    expect(begun.length).toBeLessThanOrEqual(256 + taken.length)
  })

  test('holds no more bodies at a time than fit into memory, and sends all in the end', async () => {
    const body = 'x'.repeat(25 * 2 ** 20)
    const large = ['a', 'b', 'c'].map((id) => makeDelivery({ id, predictionId: id, event: 'completed', body }))
    const { store, dispatcher, sending } = await setUp(...large)
    dispatcher.start()
    await eventually(() => expect([...sending.keys()]).toEqual(['a', 'b']))
    sending.get('a')?.end()
    await eventually(() => expect([...sending.keys()]).toEqual(['b', 'c']))
    for (const { end } of sending.values()) end()
    await eventually(() => expect(store.receivers()).toEqual([]))
  })

  test('does not post again what was taken while the database takes nothing', async () => {
    const { dispatcher, writer, sending, begun } = await setUp(makeDelivery())
    dispatcher.start()
    await eventually(() => expect(begun).toEqual(['msg_1']))
    await writer.close()
    sending.get('msg_1')?.end()
    await eventually(() => expect(sending.size).toBe(0))
    dispatcher.wake(receiverOf(makeDelivery().url))
    await dispatcher.close()
    expect(begun).toEqual(['msg_1'])
  })

  test('sends what comes next of a prediction when what came before has ended, however that went', async () => {
    const { dispatcher, sending, begun } = await setUp(
      makeDelivery({ id: 'start' }),
      makeDelivery({ id: 'logs', event: 'logs' }),
      makeDelivery({ id: 'completed', event: 'completed', body: '{}' }),
    )
    dispatcher.start()
    for (const [index, id] of ['start', 'logs', 'completed'].entries()) {
      await eventually(() => expect([...sending.keys()]).toEqual([id]))
      expect(begun).toHaveLength(index + 1)
      sending.get(id)?.end(index === 1 ? TAKEN : { status: 500, retryAfterMs: undefined, error: 'it answered 500' })
    }
  })

  test('does not send the end of a prediction before a try that tells its progress is over', async () => {
    const { dispatcher, writer, sending } = await setUp(makeDelivery({ id: 'output', event: 'output' }))
    const { predictionId, url } = makeDelivery()
    dispatcher.start()
    await eventually(() => expect([...sending.keys()]).toEqual(['output']))
    const completed = makeDelivery({ id: 'completed', event: 'completed', body: '{}' })
    await writer.submit([...supersedeProgress(predictionId), ...insert(completed)])
    // As another prediction's news do, between the commit of this one and word of it.
    dispatcher.wake(receiverOf(url))
    await new Promise(setImmediate)
    expect([...sending.keys()]).toEqual(['output'])
    dispatcher.supersede(url, predictionId)
    await eventually(() => expect([...sending.keys()]).toEqual(['completed']))
  })

  test('does not wait for a try that the end of its prediction has overtaken', async () => {
    const { store, dispatcher, writer, sending } = await setUp(makeDelivery({ id: 'output', event: 'output' }))
    const { predictionId, url } = makeDelivery()
    dispatcher.start()
    await eventually(() => expect([...sending.keys()]).toEqual(['output']))
    const completed = makeDelivery({ id: 'completed', event: 'completed', body: '{}' })
    await writer.submit([...supersedeProgress(predictionId), ...insert(completed)])
    dispatcher.supersede(url, predictionId)
    dispatcher.wake(receiverOf(url))
    await eventually(() => expect([...sending.keys()]).toEqual(['completed']))
    expect(store.find('output')).toMatchObject({
      state: 'superseded',
      tries: [{ error: 'a later event took its place' }],
    })
  })

  test('supersedes neither the start nor what tells of others', async () => {
    const { dispatcher, sending } = await setUp(
      makeDelivery({ id: 'start' }),
      makeDelivery({ id: 'of another', event: 'output', predictionId: 'another' }),
    )
    const { predictionId, url } = makeDelivery()
    dispatcher.start()
    await eventually(() => expect(sending.size).toBe(2))
    dispatcher.supersede(url, predictionId)
    await new Promise(setImmediate)
    expect([...sending.keys()]).toEqual(['start', 'of another'])
  })
})
