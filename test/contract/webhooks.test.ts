/** What receivers are told of predictions, as they see it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WEBHOOK_EVENTS, type WebhookEvent } from '../../src/predictions/prediction.ts'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { HurryingClock } from '../support/clock.ts'
import { type Receiver, testReceiver } from '../support/receiver.ts'
import { cancel, endOf, find } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testServer } from '../support/test-server.ts'
import { waitingRun } from '../support/waits.ts'
import { createTold, deliveriesOf, eventsOf, expectGenuine, secretOf, settled } from '../support/webhooks.ts'
import { bodyOf } from '../support/wire.ts'

const PERIOD_MS = 500
/** What Node's timers and clocks round away. */
const GRANULARITY_MS = 2
const HOOK = 'http://receiver.test/hook'

const SETTINGS = {
  BUNDLED_MODELS: 'off',
  MODELS_DIR: someModels('tokens', 'talks', 'waits', 'makes-files', 'keeps-secrets'),
}
let server: TestServer
beforeAll(async () => {
  server = await startServer(SETTINGS)
})
afterAll(() => server.close())

/** All that a receiver is told of a prediction, with the events by name; to be called when it can end. */
async function storyOf(receiver: Receiver, { id }: Pick<WirePrediction, 'id'>, at = server) {
  const log = await settled(at, id)
  const arrivals = receiver.of(id)
  const last = arrivals.at(-1) ?? expect.fail('Nothing has arrived')
  return { log, arrivals, last, events: eventsOf(arrivals, log), shown: await find(at, id) }
}

describe('the events of a prediction', () => {
  test('are its start, its output, its logs and its end, in this order and nothing after', async () => {
    const receiver = await testReceiver()
    const input = { words: 4, lines: 4, duration_ms: 2_000 }
    const { arrivals, events, last, shown } = await storyOf(
      receiver,
      await createTold(server, receiver, ['test/talks', input]),
    )
    expect(events.slice(0, 3).toSorted()).toEqual(['logs', 'output', 'start'])
    expect([events[0], events.at(-1)]).toEqual(['start', 'completed'])
    expect(events.filter((event) => event === 'start' || event === 'completed')).toHaveLength(2)
    const statuses = arrivals.map(({ prediction }) => prediction.status)
    expect(statuses).toEqual([...arrivals.slice(1).map(() => 'processing'), 'succeeded'])
    expect(last.prediction).toEqual(shown)
    expect(new Set(arrivals.map(({ id }) => id)).size).toBe(arrivals.length)
  })

  test('are told while it runs, each as GET shows it then', async () => {
    const receiver = await testReceiver()
    const run = waitingRun('told')
    const { id } = await createTold(server, receiver, ['test/waits', run.input])
    const logs = await receiver.until((arrivals) => arrivals.find(({ prediction }) => prediction.logs !== ''))
    const shown = await find(server, id)
    expect(logs.prediction).toEqual(shown)
    expect(receiver.of(id)[0]?.prediction).toEqual({ ...shown, logs: '' })
    run.go()
    const { events, last } = await storyOf(receiver, { id })
    expect(events).toEqual(['start', 'logs', 'completed'])
    expect(last.prediction).toEqual(await find(server, id))
  })

  test.each<[string, readonly WebhookEvent[]]>([
    ...WEBHOOK_EVENTS.map((event): [string, WebhookEvent[]] => [`${event} alone`, [event]]),
    ['start and completed', ['completed', 'start']],
    ['one named twice', ['logs', 'logs']],
    ['none', []],
  ])('are those that were asked for: %s', async (_name, events) => {
    const receiver = await testReceiver()
    const input = { words: 10_000, lines: 10_000, duration_ms: 60_000 }
    const created = await createTold(server, receiver, ['test/talks', input], { events })
    // Told of everything, and later.
    const next = await createTold(server, receiver, ['test/waits', waitingRun('next').input])
    const told = new Set<unknown>()
    await receiver.until((arrivals) => {
      for (const { prediction } of arrivals) {
        if (prediction.id !== created.id) continue
        told.add('start')
        expect(prediction).toMatchObject({ webhook: receiver.url, webhook_events_filter: events })
        if (prediction.output !== null) told.add('output')
        if (prediction.logs !== '') told.add('logs')
      }
      const progress = events.filter((event) => event !== 'completed')
      return progress.every((event) => told.has(event)) && arrivals.some(({ prediction }) => prediction.id === next.id)
        ? true
        : undefined
    })
    await Promise.all([created, next].map(({ id }) => cancel(server, id)))
    const log = await settled(server, created.id)
    expect(new Set(eventsOf(receiver.of(created.id), log))).toEqual(new Set(events))
    expect(new Set(log.map(({ event }) => event))).toEqual(new Set(events))
  })

  test('are four when a filter is not given, and the webhook is echoed alone', async () => {
    const receiver = await testReceiver()
    const created = await createTold(server, receiver, ['test/tokens', {}])
    const { last, shown } = await storyOf(receiver, created)
    for (const prediction of [created, last.prediction, shown]) {
      expect(prediction.webhook).toBe(receiver.url)
      expect(prediction).not.toHaveProperty('webhook_events_filter')
    }
  })

  test('without a webhook are nobody’s', async () => {
    const response = await server.call('POST', '/v1/models/test/tokens/predictions', {
      body: { input: {}, webhook_events_filter: ['completed'] },
    })
    expect(response.status).toBe(201)
    const created = await bodyOf(response)
    expect(created).toMatchObject({ webhook_events_filter: ['completed'] })
    expect(created).not.toHaveProperty('webhook')
    await endOf(server, created.id)
    expect(await deliveriesOf(server, created.id)).toEqual([])
  })

  test('of a create that is sent twice under one key are told once', async () => {
    const receiver = await testReceiver()
    const headers = { 'idempotency-key': 'told once', prefer: 'wait' }
    const options = { events: ['start', 'completed'] as const, headers }
    const [first, second] = await Promise.all([
      createTold(server, receiver, ['test/tokens', {}], options),
      createTold(server, receiver, ['test/tokens', {}], options),
    ])
    expect(second).toEqual(first)
    expect((await storyOf(receiver, first)).events).toEqual(['start', 'completed'])
  })
})

describe('every way to end', () => {
  const events = ['start', 'completed'] as const

  test('succeeded is told with all of the output', async () => {
    const receiver = await testReceiver()
    const created = await createTold(server, receiver, ['test/tokens', { count: 3 }], { events })
    const { events: told, last } = await storyOf(receiver, created)
    expect(told).toEqual(events)
    expect(last.prediction).toMatchObject({
      status: 'succeeded',
      output: ['token 0\n', 'token 1\n', 'token 2\n'],
      metrics: { output_token_count: 3 },
    })
  })

  test('failed is told with its error', async () => {
    const receiver = await testReceiver()
    const created = await createTold(server, receiver, ['test/tokens', { fail: true }], { events })
    const { events: told, last, shown } = await storyOf(receiver, created)
    expect(told).toEqual(events)
    expect(last.prediction).toMatchObject({ status: 'failed', error: 'The tokens ran out' })
    expect(last.prediction).toEqual(shown)
  })

  test('canceled is told, while it runs and while it waits', async () => {
    const receiver = await testReceiver()
    const run = waitingRun('canceled')
    const created = await createTold(server, receiver, ['test/waits', run.input], { events })
    await run.started()
    const waiting = await createTold(server, receiver, ['test/waits', run.input], { events })
    for (const { id } of [waiting, created]) await cancel(server, id)
    const ran = await storyOf(receiver, created)
    expect(ran.events).toEqual(events)
    const never = await storyOf(receiver, waiting)
    expect(never.events).toEqual(['completed'])
    for (const { last, shown } of [ran, never]) {
      expect(last.prediction).toMatchObject({ status: 'canceled', output: null })
      expect(last.prediction).toEqual(shown)
    }
  })

  test('aborted is told, without a start', async () => {
    const clock = new HurryingClock()
    const hurried = await testServer(SETTINGS, { clock })
    const receiver = await testReceiver()
    const run = waitingRun('aborted')
    const blocking = await createTold(hurried, receiver, ['test/waits', run.input])
    await run.started()
    const created = await clock.hurry(6_000, () =>
      createTold(hurried, receiver, ['test/waits', run.input], { events, headers: { 'cancel-after': '5s' } }),
    )
    const { events: told, last, shown } = await storyOf(receiver, created, hurried)
    await cancel(hurried, blocking.id)
    expect(told).toEqual(['completed'])
    expect(last.prediction).toMatchObject({ status: 'aborted' })
    expect(last.prediction).toEqual(shown)
  })
})

describe('a delivery', () => {
  /** What JSON, URLs, HTML and signatures might stumble over. */
  const HARD = {
    10: 'numbers are keys',
    9: 'in the order of numbers',
    text: '日本語 👋 é \u2028 \u0000 \ud800 <script>&amp;</script> / \\ "',
    numbers: [1e21, 1e-7, -0.5, 2 ** 53, 0.1],
    nested: { empty: {}, none: null, list: [[], [null]] },
    __proto: '\u007f\u0080',
  }

  test('is a signed POST of JSON with nothing around it', async () => {
    const receiver = await testReceiver()
    const secret = await secretOf(server)
    const created = await createTold(server, receiver, ['test/talks', { words: 3, lines: 3, ...HARD }])
    const { arrivals } = await storyOf(receiver, created)
    expect(arrivals.length).toBeGreaterThanOrEqual(2)
    for (const arrival of arrivals) {
      const { id, method, path, headers, body } = arrival
      expect([method, path]).toEqual(['POST', '/hook'])
      expect(headers['content-type']).toBe('application/json')
      expect(headers['user-agent']).toMatch(/^reprise/)
      expect(headers['content-length']).toBe(String(body.length))
      expect(headers['transfer-encoding']).toBeUndefined()
      expect(id).toMatch(/^msg_[\da-z]{26}$/)
      expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(60)
      expect(headers['webhook-signature']).toMatch(/^v1,[A-Za-z\d+/]{43}=$/)
      await expectGenuine(arrival, secret)
      const text = body.toString()
      expect(JSON.stringify(JSON.parse(text))).toBe(text)
      expect(arrival.prediction.input).toMatchObject(HARD)
    }
  })

  test('that was changed on its way is not taken for genuine', async () => {
    const receiver = await testReceiver()
    const { last } = await storyOf(receiver, await createTold(server, receiver, ['test/tokens', {}]))
    const secret = await secretOf(server)
    const changes = [
      { ...last, body: Buffer.from(last.body.toString().replace('succeeded', 'failed')) },
      { ...last, headers: { ...last.headers, 'webhook-id': 'msg_other' } },
      { ...last, headers: { ...last.headers, 'webhook-timestamp': '1' } },
    ]
    for (const changed of changes) await expect(expectGenuine(changed, secret)).rejects.toThrow()
    await expectGenuine(last, secret)
  })

  test('goes to the very path and query that were named', async () => {
    const receiver = await testReceiver()
    const { origin } = new URL(receiver.url)
    const path = '/a%2Fb/?user=1&user=2&name=%C3%A9&empty='
    const created = await createTold(server, { url: `${origin}${path}` }, ['test/tokens', {}])
    const { last, shown } = await storyOf(receiver, created)
    expect(last.path).toBe(path)
    expect(shown.webhook).toBe(`${origin}${path}`)
  })

  test('names files by URL, also where the client that created it gets them whole', async () => {
    const receiver = await testReceiver()
    const headers = { 'user-agent': 'replicate-javascript/1.4.0', prefer: 'wait' }
    const input = { shape: 'array', content: 'picture' }
    const created = await createTold(server, receiver, ['test/makes-files', input], { headers })
    expect(created.output).toEqual([expect.stringMatching(/^data:/), expect.stringMatching(/^data:/)])
    const { last, shown } = await storyOf(receiver, created)
    expect(last.prediction).toEqual(shown)
    const texts = await Promise.all([last.prediction.output].flat().map(async (url) => (await fetch(`${url}`)).text()))
    expect(texts).toEqual(['picture 0', 'picture 1'])
  })

  test('shows asterisks where a secret was given', async () => {
    const receiver = await testReceiver()
    const key = 'r8_this-is-nobodys-business'
    const created = await createTold(server, receiver, ['test/keeps-secrets', { key, more: [{ token: key }] }])
    const { arrivals, last } = await storyOf(receiver, created)
    for (const { body } of arrivals) expect(body.toString()).not.toContain(key)
    expect(last.prediction.input).toEqual({ key: '**********', more: [{ token: '**********' }] })
  })
})

describe('output and logs', () => {
  /** How many arrivals of a kind there may be in a time, and how close together. */
  function expectThrottled(times: readonly number[]): void {
    for (const [index, time] of times.slice(1).entries())
      expect(time - (times[index] ?? 0), `time between ${index} and ${index + 1}`).toBeGreaterThanOrEqual(
        PERIOD_MS - GRANULARITY_MS,
      )
  }

  test('are told at most every half second each, and the end tells the rest', async () => {
    const receiver = await testReceiver()
    const input = { words: 300, lines: 100, duration_ms: 3_000 }
    const created = await createTold(server, receiver, ['test/talks', input])
    const { arrivals, events, last, log, shown } = await storyOf(receiver, created)
    for (const kind of ['output', 'logs'] as const) {
      const times = arrivals.filter((_, index) => events[index] === kind).map(({ at }) => at)
      expect(times.length).toBeGreaterThanOrEqual(4)
      expectThrottled(times)
    }
    const amounts = arrivals.map(({ prediction: { output, logs } }) => ({
      output: [output ?? []].flat().length,
      logs: logs.length,
    }))
    expect(amounts).toEqual(amounts.toSorted((a, b) => a.output - b.output || a.logs - b.logs))
    expect(last.prediction.output).toEqual(Array.from({ length: 300 }, (_, i) => `word ${i} `))
    expect(last.prediction.logs).toBe(Array.from({ length: 100 }, (_, i) => `line ${i}\n`).join(''))
    expect(last.prediction).toEqual(shown)
    expect(log.length).toBeLessThanOrEqual(2 + 2 * 8)
  })

  test('that come right after what was told are told too, though nothing follows', async () => {
    const receiver = await testReceiver()
    const input = { words: 3, lines: 3, duration_ms: 100, hang: true }
    const { id } = await createTold(server, receiver, ['test/talks', input])
    const whole = await receiver.until((arrivals) =>
      arrivals.find(({ prediction: { output } }) => [output].flat().length === 3),
    )
    expect(whole.prediction).toMatchObject({ status: 'processing', logs: 'line 0\nline 1\nline 2\n' })
    await cancel(server, id)
    expect((await storyOf(receiver, { id })).last.prediction).toMatchObject({ status: 'canceled' })
  })
})

describe('a URL that cannot be told', () => {
  interface Problem {
    status: number
    title: string
    detail: string
    invalid_fields: { type: string; field: string; description: string }[]
  }

  async function refusalOf(body: Record<string, unknown>): Promise<Problem> {
    const response = await server.call('POST', '/v1/models/test/tokens/predictions', { body })
    expect(response.status).toBe(422)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    return bodyOf<Problem>(response)
  }

  test.each([
    ['of another scheme', 'ftp://receiver.test/hook', 'format', /ftp:/],
    ['of no scheme', 'receiver.test/hook', 'format', /not a URL/],
    ['that is relative', '/hook', 'format', /not a URL/],
    ['that is empty', '', 'format', /not a URL/],
    ['without a host', 'http:///hook', 'format', /names no host/],
    ['with a user', 'http://user@receiver.test/hook', 'format', /user name/],
    ['with a password', 'https://user:pass@receiver.test/hook', 'format', /password/],
    ['with a backslash', 'http://receiver.test\\hook', 'format', /backslash/],
    ['with a space', 'http://receiver.test/ho ok', 'format', /space/],
    ['with a line feed', 'http://receiver.test/ho\nok', 'format', /control character/],
    ['with an impossible port', 'http://receiver.test:99999/', 'format', /not a URL/],
    ['that is too long', `${HOOK}?${'x'.repeat(2048)}`, 'string_lte', /2048/],
    ['that is a number', 5, 'invalid_type', /Expected: string, given: integer/],
    ['that is null', null, 'invalid_type', /Expected: string, given: null/],
  ])('is refused: one %s', async (_name, webhook, type, description) => {
    const { status, title, detail, invalid_fields: fields } = await refusalOf({ input: {}, webhook })
    expect({ status, title }).toEqual({ status: 422, title: 'Input validation failed' })
    expect(fields).toEqual([{ type, field: 'webhook', description: expect.stringMatching(description) }])
    expect(detail).toBe(`- webhook: ${fields[0]?.description}\n`)
  })

  test('is refused together with all else that is wrong', async () => {
    const body = {
      input: { count: 'many', pause_ms: -1 },
      webhook: 'ftp://receiver.test',
      webhook_events_filter: ['start', 'finished'],
    }
    const { detail, invalid_fields: fields } = await refusalOf(body)
    expect(fields.map(({ type, field }) => `${field}: ${type}`).toSorted()).toEqual([
      'input.count: invalid_type',
      'input.pause_ms: number_gte',
      'webhook: format',
      'webhook_events_filter.1: enum',
    ])
    expect(detail.trimEnd().split('\n')).toHaveLength(4)
  })

  test('leaves no prediction', async () => {
    const list = async () =>
      (await bodyOf<{ results: WirePrediction[] }>(server.call('GET', '/v1/predictions'))).results
    const before = await list()
    await refusalOf({ input: {}, webhook: 'ftp://receiver.test' })
    expect(await list()).toEqual(before)
  })

  test.each([
    ['of 2048 characters', HOOK.padEnd(2048, '?')],
    ['with https', 'https://receiver.test/hook'],
    ['in capitals', 'HTTP://RECEIVER.TEST/Hook'],
  ])('is none %s', async (_name, webhook) => {
    const body = { input: {}, webhook, webhook_events_filter: [] }
    const response = await server.call('POST', '/v1/models/test/tokens/predictions', { body })
    expect(response.status).toBe(201)
    expect(await bodyOf(response)).toMatchObject({ webhook })
  })

  test.each([
    ['an unknown event', ['finished'], 'webhook_events_filter.0', 'enum'],
    ['no list', 'completed', 'webhook_events_filter', 'invalid_type'],
    ['a list of other things', [1], 'webhook_events_filter.0', 'enum'],
  ])('nor is a filter that is %s', async (_name, filter, field, type) => {
    const { invalid_fields: fields } = await refusalOf({ input: {}, webhook: HOOK, webhook_events_filter: filter })
    expect(fields).toContainEqual({ type, field, description: expect.any(String) })
  })
})
