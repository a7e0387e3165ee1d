/** Receivers that do not take what they are sent. All are told of something at once, and each test looks at one. */
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WebhookEvent } from '../../src/predictions/prediction.ts'
import { isTerminal } from '../../src/predictions/prediction.ts'
import { type Answer, type Arrival, type Receiver, startReceiver } from '../support/receiver.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testServer } from '../support/test-server.ts'
import { closedPort } from '../support/web-server.ts'
import { createTold, eventsOf, expectGenuine, secretOf, settled } from '../support/webhooks.ts'

const SETTINGS = { BUNDLED_MODELS: 'off', MODELS_DIR: someModels('tokens', 'talks') }

let server: TestServer
let shortOfPatience: TestServer
const receivers: Receiver[] = []

beforeAll(async () => {
  ;[server, shortOfPatience] = await Promise.all([
    startServer(SETTINGS),
    startServer({ ...SETTINGS, WEBHOOK_RETRY: '3s' }),
  ])
  await Promise.all(Object.values(stories).map((story) => story.begin()))
})
afterAll(async () => {
  await Promise.all([server.close(), shortOfPatience.close()])
  await Promise.all(receivers.map((receiver) => receiver.close()))
})

/** Receivers of this file live as long as its servers. */
async function receiverThat(answers: Answer): Promise<Receiver> {
  const receiver = await startReceiver(answers)
  receivers.push(receiver)
  return receiver
}

/** A prediction whose receiver answers in its own way. */
class Story {
  readonly #answer: Answer
  readonly #events: readonly WebhookEvent[]
  readonly #input: readonly [model: string, input: Record<string, unknown>]
  #begun: Promise<{ receiver: Receiver; id: string }> | undefined

  constructor(
    answer: Answer,
    events: readonly WebhookEvent[] = ['completed'],
    input: Story['input'] = ['test/tokens', {}],
  ) {
    this.#answer = answer
    this.#events = events
    this.#input = input
  }

  get input(): readonly [model: string, input: Record<string, unknown>] {
    return this.#input
  }

  begin(): Promise<{ receiver: Receiver; id: string }> {
    this.#begun ??= this.#begin()
    return this.#begun
  }

  /** What was sent, and what the server says of it when nothing waits any more. */
  async end() {
    const { receiver, id } = await this.begin()
    const log = await settled(server, id)
    const arrivals = receiver.of(id)
    return { log, arrivals, events: eventsOf(arrivals, log), tries: log.at(-1)?.tries ?? [] }
  }

  async #begin() {
    const receiver = await receiverThat(this.#answer)
    const { id } = await createTold(server, receiver, this.#input, { events: this.#events })
    return { receiver, id }
  }
}

/** Answers the first arrivals of each delivery in turn, and all others with 200. */
function inTurn(...answers: ((response: ServerResponse) => void)[]): Answer {
  return (response, _arrival, earlier) => (answers[earlier] ?? ((last) => last.end()))(response)
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(code, headers).end('no')

const stories = {
  failsTwice: new Story(
    (response, arrival, earlier) =>
      isTerminal(arrival.prediction.status)
        ? inTurn(status(500), status(503))(response, arrival, earlier)
        : response.end(),
    ['start', 'completed'],
  ),
  failsAtStart: new Story(
    (response, { prediction }) => response.writeHead(isTerminal(prediction.status) ? 200 : 500).end(),
    ['start', 'logs', 'output', 'completed'],
    ['test/talks', { words: 2, lines: 2, duration_ms: 100 }],
  ),
  closesHalfWay: new Story(
    inTurn((response) => {
      response.socket?.write('HTTP/1.1 200 OK\r\ncontent-le')
      response.socket?.destroy()
    }),
  ),
  saysNothing: new Story(inTurn((response) => void response.socket?.destroy())),
  asksToWait: new Story(inTurn(status(429, { 'retry-after': '3' }))),
  refuses: new Story(status(400)),
  isGone: new Story(status(410)),
  hangsAtStart: new Story(
    (response, { prediction }) => {
      if (isTerminal(prediction.status)) response.end()
    },
    ['start', 'completed'],
  ),
  hangsAtOutput: new Story(
    (response, { prediction }) => {
      if (isTerminal(prediction.status)) response.end()
    },
    ['output', 'completed'],
    ['test/talks', { words: 20, lines: 0, duration_ms: 300 }],
  ),
  neverEndsItsAnswer: new Story((response) => void response.writeHead(200).write('well,')),
  answersAtLength: new Story((response) => response.end('x'.repeat(5_000_000))),
}

function timestampOf({ headers }: Arrival): number {
  return Number(headers['webhook-timestamp'])
}

describe('the end of a prediction', () => {
  test('is sent again after one and three seconds, under the same id, signed anew each time', async () => {
    const { arrivals, events, log, tries } = await stories.failsTwice.end()
    expect(events).toEqual(['start', 'completed', 'completed', 'completed'])
    const completed = arrivals.filter((_, index) => events[index] === 'completed')
    expect(completed).toHaveLength(3)
    expect(new Set(completed.map(({ id }) => id)).size).toBe(1)
    expect(new Set(completed.map(({ body }) => body.toString())).size).toBe(1)
    const times = completed.map(timestampOf)
    expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b))
    expect(new Set(completed.map(({ headers }) => headers['webhook-signature'])).size).toBe(3)
    const secret = await secretOf(server)
    for (const arrival of completed) await expectGenuine(arrival, secret)

    expect(tries).toEqual([
      { at: expect.any(String), duration: expect.any(Number), status: 500, error: 'it answered 500' },
      { at: expect.any(String), duration: expect.any(Number), status: 503, error: 'it answered 503' },
      { at: expect.any(String), duration: expect.any(Number), status: 200, error: null },
    ])
    expect(log.at(-1)).toMatchObject({ event: 'completed', status: 'delivered', next_try_at: null })
    const [first = 0, second = 0, third = 0] = tries.map(({ at }) => Date.parse(at))
    expect(second - first).toBeGreaterThanOrEqual(1_000)
    expect(third - first).toBeGreaterThanOrEqual(3_000)
  })

  test('is sent again when the connection ends too early', async () => {
    for (const story of [stories.closesHalfWay, stories.saysNothing]) {
      const { arrivals, tries } = await story.end()
      expect(arrivals).toHaveLength(2)
      expect(tries).toEqual([
        expect.objectContaining({ status: null, error: 'the server closed the connection too early' }),
        expect.objectContaining({ status: 200, error: null }),
      ])
    }
  })

  test('is not sent again before the receiver wants it', async () => {
    const { arrivals, tries } = await stories.asksToWait.end()
    expect(arrivals).toHaveLength(2)
    expect(tries.map((each) => each.status)).toEqual([429, 200])
    const [first = 0, second = 0] = arrivals.map(({ at }) => at)
    expect(second - first).toBeGreaterThanOrEqual(3_000)
  })

  test.each(['refuses', 'isGone'] as const)('is not sent again to one that %s', async (name) => {
    const { arrivals, tries, log } = await stories[name].end()
    expect(arrivals).toHaveLength(1)
    const code = name === 'refuses' ? 400 : 410
    expect(tries).toEqual([expect.objectContaining({ status: code, error: `it answered ${code}` })])
    expect(log.at(-1)).toMatchObject({ status: 'failed', next_try_at: null })
  })

  test('overtakes a try to tell its output, which is given up', async () => {
    const { log, events } = await stories.hangsAtOutput.end()
    expect(events).toEqual(['output', 'completed'])
    expect(log.filter(({ event }) => event === 'output').map((each) => each.status)).toContain('superseded')
    const [output, completed] = [log[0], log.at(-1)]
    expect(completed).toMatchObject({ event: 'completed', status: 'delivered' })
    expect(Date.parse(completed?.tries[0]?.at ?? '') - Date.parse(output?.created_at ?? '')).toBeLessThan(9_000)
  })
})

describe('what comes before the end', () => {
  test('is sent once, and its failure is no hindrance', async () => {
    const { log, events } = await stories.failsAtStart.end()
    expect(log.at(-1)).toMatchObject({ event: 'completed', status: 'delivered' })
    expect(events.at(-1)).toBe('completed')
    for (const delivery of log.slice(0, -1)) {
      expect(delivery.status).toBeOneOf(['failed', 'superseded'])
      expect(delivery.tries.length).toBeLessThanOrEqual(1)
    }
    expect(log[0]).toMatchObject({
      event: 'start',
      status: 'failed',
      tries: [{ status: 500, error: 'it answered 500' }],
    })
    expect(new Set(events).size).toBeGreaterThan(1)
  })

  test('is given up after ten seconds, and the end comes after it', async () => {
    const { log, events } = await stories.hangsAtStart.end()
    expect(events).toEqual(['start', 'completed'])
    const [start, completed] = log
    expect(start).toMatchObject({
      event: 'start',
      status: 'failed',
      tries: [{ status: null, error: 'it did not answer within 10s' }],
    })
    expect(start?.tries[0]?.duration).toBeGreaterThanOrEqual(9.9)
    expect(completed).toMatchObject({ event: 'completed', status: 'delivered' })
    const since = Date.parse(completed?.tries[0]?.at ?? '') - Date.parse(start?.tries[0]?.at ?? '')
    expect(since).toBeGreaterThanOrEqual(9_900)
  }, 30_000)
})

describe('an answer', () => {
  test('that goes on and on is taken by its status', async () => {
    const { log } = await stories.answersAtLength.end()
    expect(log).toMatchObject([{ status: 'delivered', tries: [{ status: 200, error: null }] }])
  })

  test('that never ends counts by its status too, and is not waited for beyond the deadline', async () => {
    const { log, arrivals } = await stories.neverEndsItsAnswer.end()
    expect(arrivals).toHaveLength(1)
    expect(log).toMatchObject([{ status: 'delivered', tries: [{ status: 200, error: null }] }])
  }, 30_000)

  test.each([301, 302, 303, 307, 308])(
    'that redirects (%i) is a failure that says so, and is not followed',
    async (code) => {
      const other = await receiverThat((response) => response.end())
      const receiver = await receiverThat(status(code, { location: other.url }))
      const { id } = await createTold(server, receiver, ['test/tokens', {}], { events: ['completed'] })
      const [delivery] = await settled(server, id)
      expect(delivery).toMatchObject({ status: 'failed', tries: [{ status: code }] })
      expect(delivery?.tries[0]?.error).toBe(
        `it redirects (${code}), which is never followed; give the URL that it redirects to`,
      )
      expect(receiver.arrivals).toHaveLength(1)
      expect(other.arrivals).toHaveLength(0)
    },
  )
})

test('a receiver that is down for the whole schedule is given up, and the log tells of every try', async () => {
  const url = `http://127.0.0.1:${await closedPort()}/hook`
  const created = await createTold(shortOfPatience, { url }, ['test/tokens', {}], { events: ['start', 'completed'] })
  const log = await settled(shortOfPatience, created.id)
  expect(log).toMatchObject([
    { event: 'start', status: 'failed', next_try_at: null, tries: [{ error: 'the connection was refused' }] },
    { event: 'completed', status: 'failed', next_try_at: null },
  ])
  const tries = log[1]?.tries ?? []
  expect(tries).toEqual(
    tries.map(() => ({
      at: expect.any(String),
      duration: expect.any(Number),
      status: null,
      error: 'the connection was refused',
    })),
  )
  const begin = Date.parse(tries[0]?.at ?? '')
  const times = tries.map(({ at }) => Date.parse(at) - begin)
  expect(times).toHaveLength(3)
  expect(times[1]).toBeGreaterThanOrEqual(1_000)
  expect(times[2]).toBeGreaterThanOrEqual(3_000)
})

test('an address that is not allowed is not reached, and the log says why', async () => {
  const guarded = await testServer({ ...SETTINGS, PRIVATE_NETWORK: 'off', WEBHOOK_RETRY: '0s' })
  const receiver = await receiverThat((response) => response.end())
  const port = new URL(receiver.url).port
  for (const [url, reason] of [
    [receiver.url, /^the address 127\.0\.0\.1 is in a private network; REPRISE_PRIVATE_NETWORK=on allows it$/],
    [`http://localhost:${port}/`, /^the address .*of localhost is in a private network/],
    [`http://[::1]:${port}/`, /^the address ::1 is in a private network/],
    ['http://169.254.169.254/latest', /^the address 169\.254\.169\.254 is link-local/],
  ] as const) {
    const { id } = await createTold(guarded, { url }, ['test/tokens', {}], { events: ['completed'] })
    const log = await settled(guarded, id)
    expect(log).toMatchObject([{ status: 'failed', tries: [{ status: null, error: expect.stringMatching(reason) }] }])
  }
  expect(receiver.arrivals).toEqual([])
})
