/**
 * The traps of replicate-api.md 13: each is an answer that looks right and breaks a client. Where that client is not
 * written in JavaScript, its test looks at the bytes which its parser needs.
 */
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import Replicate from 'replicate'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Status } from '../../src/predictions/prediction.ts'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { HurryingClock } from '../support/clock.ts'
import { streamUrlOf } from '../support/event-reader.ts'
import { FIXTURE_MODELS, startServer, type TestServer } from '../support/server.ts'
import { predictionsInEveryState } from '../support/states.ts'
import { makeFolder, removeFolder, testFolder } from '../support/temporary.ts'
import { testServer } from '../support/test-server.ts'
import { waitingRun } from '../support/waits.ts'
import { bodyOf, exchange } from '../support/wire.ts'

interface Page<Item> {
  next: string | null
  previous: string | null
  results: Item[]
}

interface Version {
  id: string
  created_at: string
  cog_version: string
  openapi_schema: { components: { schemas: Record<string, unknown> } }
}

const TOKENS = 'token 0\ntoken 1\ntoken 2\n'

const clock = new HurryingClock()
const coldModels = makeFolder()
let server: TestServer
let call: TestServer['call']
let states: Record<Status, WirePrediction>

beforeAll(async () => {
  // A model that nobody has asked for yet: what is created on it waits in the queue until its process is there.
  cpSync(join(FIXTURE_MODELS, 'test/tokens'), join(coldModels, 'test/cold'), { recursive: true })
  server = await startServer({ BUNDLED_MODELS: 'off', MODELS_DIR: `${FIXTURE_MODELS}:${coldModels}` }, { clock })
  call = server.call
  states = await predictionsInEveryState(server, clock)
})
afterAll(async () => {
  await server.close()
  removeFolder(coldModels)
})

function post(model: string, input: object, headers: Record<string, string> = {}): Promise<Response> {
  return call('POST', `/v1/models/${model}/predictions`, { body: { input }, headers })
}

function cancel({ id }: WirePrediction): Promise<WirePrediction> {
  return bodyOf(call('POST', `/v1/predictions/${id}/cancel`))
}

async function versionsOf(model: string): Promise<Version[]> {
  return (await bodyOf<Page<Version>>(call('GET', `/v1/models/${model}/versions`))).results
}

async function newestVersion(model: string): Promise<string> {
  const [version] = await versionsOf(model)
  return version?.id ?? expect.fail(`${model} has no version`)
}

/** All bytes of a stream, from its start to its end. */
async function readStream(prediction: WirePrediction, headers: Record<string, string> = {}): Promise<string> {
  return (await fetch(streamUrlOf(prediction), { headers: { accept: 'text/event-stream', ...headers } })).text()
}

/** Cancels the prediction when there is some output, and reads its stream to the end. */
async function readUntilCanceled(prediction: WirePrediction): Promise<string> {
  const { body } = await fetch(streamUrlOf(prediction))
  let text = ''
  for await (const chunk of (body ?? expect.fail('The stream has no body')).pipeThrough(new TextDecoderStream())) {
    text += chunk
    if (text.includes('event: output')) await cancel(prediction)
  }
  return text
}

function parseEvents(text: string): EventSourceMessage[] {
  const events: EventSourceMessage[] = []
  const parser = createParser({
    onEvent: (event) => events.push(event),
    onError: (error) => expect.fail(error.message),
  })
  parser.feed(text)
  return events
}

function outputOf(events: readonly EventSourceMessage[]): string {
  return events
    .filter(({ event }) => event === 'output')
    .map(({ data }) => data)
    .join('')
}

describe('sync and status', () => {
  test('trap 1: a wait that runs out is answered as starting, although the model runs', async () => {
    const run = waitingRun('trap-1')
    const response = await post('test/waits', run.input, { prefer: 'wait=1' })
    expect(response.status).toBe(202)
    const answered = await bodyOf(response)
    expect(answered).toMatchObject({ status: 'starting', output: null, logs: '', error: null })
    expect(answered).not.toHaveProperty('started_at')
    await run.started()
    expect(await bodyOf(call('GET', `/v1/predictions/${answered.id}`))).toMatchObject({ status: 'processing' })
    await cancel(answered)
  })

  test('trap 2: a wait that runs out shows nothing of the output made so far', async () => {
    const response = await post('test/tokens', { count: 1_000, pause_ms: 10 }, { prefer: 'wait=1' })
    expect(response.status).toBe(202)
    const answered = await bodyOf(response)
    expect(answered.output).toBeNull()
    await readUntilCanceled(answered)
    expect((await bodyOf(call('GET', `/v1/predictions/${answered.id}`))).output).toContain('token 0\n')
  })

  test('trap 2: a create without a wait shows no output', () => {
    expect(states.starting).toMatchObject({ status: 'starting', output: null, logs: '' })
  })

  test('trap 3: a wait is answered before a client that stops half a second late has given up', async () => {
    const run = waitingRun('trap-3')
    const response = await fetch(`${server.address}/v1/models/test/waits/predictions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'wait=1' },
      body: JSON.stringify({ input: run.input }),
      signal: AbortSignal.timeout(1_500),
    })
    expect(response.status).toBe(202)
    await cancel(await bodyOf(response))
  })

  test('trap 3: a wait is counted from the request, not from when it was kept', async () => {
    // Few models: each takes a commit at the start.
    const slow = await testServer({ MODELS_DIR: testFolder() }, { commitDelayMs: 1_000 })
    // The end cannot be committed before two seconds have passed, and the answer has to come before.
    const response = await slow.call('POST', '/v1/models/replicate/hello-world/predictions', {
      body: { input: { text: 'Alice' } },
      headers: { prefer: 'wait=2' },
    })
    expect(response.status).toBe(202)
    expect(await bodyOf(response)).toMatchObject({ status: 'starting', output: null })
  })

  test.each([
    ['wait', 'wait'],
    ['wait=10', 'wait=10'],
    ['wait=90', 'wait=60'],
    ['wait=7.5', 'wait=7.5'],
    ['wait=0', 'wait=1'],
    ['respond-async, wait=10', 'wait=10'],
    ['wait=-1', null],
    ['wait=soon', null],
    ['return=minimal', null],
  ])('trap 4: Prefer "%s" is never refused', async (prefer, applied) => {
    const response = await post('test/every-type', { text: 'abc' }, { prefer })
    expect(response.status).toBe(201)
    expect(response.headers.get('preference-applied')).toBe(applied)
    expect(await bodyOf(response)).toMatchObject({ status: applied === null ? 'starting' : 'succeeded' })
  })

  test('trap 5: only a prediction with Cancel-After is aborted', async () => {
    expect(states.aborted).toMatchObject({ status: 'aborted', error: null })
    expect(states.aborted).toHaveProperty('deadline')
    const run = waitingRun('trap-5')
    const running = await bodyOf(post('test/waits', run.input))
    await run.started()
    const queued = await bodyOf(post('test/waits', run.input))
    expect(await cancel(queued)).toMatchObject({ status: 'canceled' })
    expect(await cancel(running)).toMatchObject({ status: 'canceled' })
  })

  test('trap 6: a failure says why, and everything else has a null error', () => {
    expect(states.failed.error).toBe('The tokens ran out')
    for (const { status, error } of Object.values(states)) if (status !== 'failed') expect(error).toBeNull()
  })

  test.each(['succeeded', 'failed', 'canceled', 'aborted'] as const)(
    'trap 7: cancel of a prediction that has %s answers 200 with it unchanged',
    async (status) => {
      const response = await call('POST', `/v1/predictions/${states[status].id}/cancel`)
      expect(response.status).toBe(200)
      expect(await bodyOf(response)).toEqual(states[status])
    },
  )
})

describe('field shapes', () => {
  test('trap 8: logs are a string and no URL is null, in every state and in lists', async () => {
    const { results } = await bodyOf<Page<WirePrediction>>(call('GET', '/v1/predictions'))
    for (const { logs, urls } of [...Object.values(states), ...results]) {
      expect(logs).toBeTypeOf('string')
      expect(Object.values(urls).every((url) => typeof url === 'string')).toBe(true)
    }
    expect(Object.keys(states.canceled.urls)).toEqual(['get', 'cancel', 'web'])
    expect(Object.keys(states.succeeded.urls)).toEqual(['get', 'cancel', 'web', 'stream'])
  })

  test('trap 9: model and version are strings in every state', () => {
    for (const { model, version } of Object.values(states)) {
      expect(model).toMatch(/^test\/(waits|tokens)$/)
      expect(version).toMatch(/^[0-9a-f]{64}$/)
    }
  })

  test('trap 10: models, versions and accounts have no empty object and no null where a client needs a value', async () => {
    const model = await bodyOf<Record<string, unknown>>(call('GET', '/v1/models/test/every-type'))
    const [version] = await versionsOf('test/every-type')
    expect(model).toMatchObject({
      url: expect.any(String),
      owner: 'test',
      name: 'every-type',
      visibility: 'public',
      run_count: expect.any(Number),
      default_example: null,
      latest_version: version,
    })
    expect(version).toEqual({
      id: expect.any(String),
      created_at: expect.any(String),
      cog_version: expect.any(String),
      openapi_schema: expect.any(Object),
    })
    const account = await bodyOf<Record<string, unknown>>(call('GET', '/v1/account'))
    expect(account).toMatchObject({ type: 'user', username: expect.any(String), name: expect.any(String) })
  })

  test('trap 11: counts among the metrics are integers on the wire', async () => {
    const text = await (await call('GET', `/v1/predictions/${states.succeeded.id}`)).text()
    expect(text).toMatch(/"output_token_count":3[,}]/)
  })

  test.each(['/v1/predictions', '/v1/models/test/every-type/versions'])(
    'trap 12: the list %s is an object of next, previous and results',
    async (path) => {
      const page = await bodyOf<Page<unknown>>(call('GET', path))
      expect(Object.keys(page)).toEqual(['next', 'previous', 'results'])
      expect(Array.isArray(page.results)).toBe(true)
    },
  )
})

describe('URLs', () => {
  beforeAll(async () => {
    // More than one page.
    await Promise.all(Array.from({ length: 101 }, () => post('test/every-type', { text: 'abc' })))
  })

  async function pageAt(host: string): Promise<Page<WirePrediction>> {
    const headers = { host, 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }
    return JSON.parse((await exchange(`${server.address}/v1/predictions`, { headers })).body)
  }

  test('trap 13: every URL is absolute, at the origin that the client used and not at a forwarded one', async () => {
    const { next, results } = await pageAt('localhost:1234')
    expect(next).toMatch(/^http:\/\/localhost:1234\/v1\/predictions\?cursor=/)
    for (const { id, urls } of results)
      expect(urls).toEqual({
        get: `http://localhost:1234/v1/predictions/${id}`,
        cancel: `http://localhost:1234/v1/predictions/${id}/cancel`,
        web: `http://localhost:1234/p/${id}`,
      })
    const streaming = await exchange(`${server.address}/v1/predictions/${states.succeeded.id}`, {
      headers: { host: 'localhost:1234' },
    })
    expect(streaming.body).toContain('"stream":"http://localhost:1234/v1/streams/')
  })

  test('trap 13: a create tells the location of the prediction at the same origin', async () => {
    const response = await post('test/every-type', { text: 'abc' })
    const { urls } = await bodyOf(response)
    expect(urls.get.startsWith(`${server.address}/v1/predictions/`)).toBe(true)
    expect(response.headers.get('location')).toBe(urls.get)
  })

  test('trap 14: the same routes answer below /v1/v1', async () => {
    const created = await bodyOf(
      call('POST', '/v1/v1/models/test/every-type/predictions', {
        body: { input: { text: 'abc' } },
        headers: { prefer: 'wait' },
      }),
    )
    expect(created.urls.get).toBe(`${server.address}/v1/predictions/${created.id}`)
    for (const path of [`/predictions/${created.id}`, '/predictions', '/models/test/every-type', '/account']) {
      const [once, twice] = await Promise.all([call('GET', `/v1${path}`), call('GET', `/v1/v1${path}`)])
      expect(twice.status).toBe(200)
      expect(await twice.json()).toEqual(await once.json())
    }
    expect((await call('POST', `/v1/v1/predictions/${created.id}/cancel`)).status).toBe(200)
  })

  test('trap 15: a next that is glued to the base URL still leads to the next page', async () => {
    const { next } = await bodyOf<Page<WirePrediction>>(call('GET', '/v1/predictions'))
    const url = next ?? expect.fail('There is no next page')
    const direct = await bodyOf<Page<WirePrediction>>(fetch(url))
    expect(direct.results.length).toBeGreaterThan(0)
    expect(await bodyOf(call('GET', `/v1/${url}`))).toEqual(direct)
  })

  test('trap 19: the stream of a text does not lie where the JavaScript client expects files', () => {
    expect(new URL(streamUrlOf(states.succeeded)).pathname).toMatch(/^\/v1\/streams\//)
  })
})

describe('HTTP plumbing', () => {
  test.each(['application/json', 'application/json; charset=utf-8'])(
    'trap 20: an empty body announced as %s is no bad request',
    async (type) => {
      const { id } = states.succeeded
      for (const [method, path] of [
        ['POST', `/v1/predictions/${id}/cancel`],
        ['GET', `/v1/predictions/${id}`],
      ] as const) {
        const headers = { 'content-type': type, 'content-length': '0' }
        const { status, body } = await exchange(server.address + path, { method, headers })
        expect(status).toBe(200)
        expect(JSON.parse(body)).toEqual(states.succeeded)
      }
    },
  )

  test('trap 20: an empty body in chunks is no bad request', async () => {
    const { status } = await exchange(`${server.address}/v1/predictions/${states.succeeded.id}/cancel`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
    })
    expect(status).toBe(200)
  })

  test('trap 23: the keys that old clients add to a create are accepted and no others', async () => {
    const input = { text: 'abc' }
    const version = await newestVersion('test/every-type')
    const old = { input, stream: true, webhook_completed: 'https://example.com/hook' }
    expect((await call('POST', '/v1/predictions', { body: { version, ...old } })).status).toBe(201)
    expect((await call('POST', '/v1/models/test/every-type/predictions', { body: old })).status).toBe(201)

    const refused = await call('POST', '/v1/predictions', { body: { version, input, model: 'test/every-type' } })
    expect(refused.status).toBe(422)
    expect(await bodyOf<object>(refused)).toMatchObject({
      detail: '- Additional property model is not allowed\n',
      invalid_fields: [
        { type: 'additional_property_not_allowed', field: '', description: 'Additional property model is not allowed' },
      ],
    })
  })

  test('trap 24: unknown inputs are kept and do no harm', async () => {
    const input = { text: 'abc', unheard_of: { deep: [1] } }
    const created = await bodyOf(post('test/every-type', input, { prefer: 'wait' }))
    expect(created).toMatchObject({ status: 'succeeded', input })
  })

  test('trap 27: a repeated Idempotency-Key gives the same prediction and one run', async () => {
    const file = join(testFolder(), 'runs')
    const create = (label: string, headers = {}) => post('test/marker', { file, label }, { prefer: 'wait', ...headers })
    const twins = await Promise.all([1, 2, 3].map(() => create('once', { 'idempotency-key': 'trap-27' })))
    const late = await create('once', { 'idempotency-key': 'trap-27' })
    const answers = await Promise.all([...twins, late].map((response) => bodyOf(response)))
    expect([...twins, late].map(({ status }) => status)).toEqual([201, 201, 201, 201])
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    expect(answers.map(({ output }) => output)).toEqual(['once', 'once', 'once', 'once'])
    const slashed = await server.call('POST', '/v1/models/test/marker/predictions/?again', {
      body: { input: { file, label: 'once' } },
      headers: { 'idempotency-key': 'trap-27' },
    })
    expect(await bodyOf(slashed)).toMatchObject({ id: answers[0]?.id })
    await create('last')
    expect(readFileSync(file, 'utf8')).toBe('once\nlast\n')
  })

  test('trap 27: an Idempotency-Key with another body is refused with 422, which no client repeats', async () => {
    const headers = { 'idempotency-key': 'trap-27-other' }
    const version = await newestVersion('test/every-type')
    const input = { text: 'abc', count: 1 }
    expect((await call('POST', '/v1/predictions', { body: { version, input }, headers })).status).toBe(201)
    const reordered = { input: { count: 1, text: 'abc' }, version }
    expect((await call('POST', '/v1/predictions', { body: reordered, headers })).status).toBe(201)

    for (const response of [
      await call('POST', '/v1/predictions', { body: { version, input: { text: 'abd' } }, headers }),
      await post('test/every-type', input, headers),
    ]) {
      expect(response.status).toBe(422)
      expect(await bodyOf<object>(response)).toMatchObject({
        detail: 'Idempotency key already used with a different request',
        status: 422,
      })
    }
  })

  test('trap 27: a refused create leaves its Idempotency-Key free', async () => {
    const headers = { 'idempotency-key': 'trap-27-refused' }
    expect((await post('test/every-type', {}, headers)).status).toBe(422)
    expect((await post('test/every-type', { text: 'abc' }, headers)).status).toBe(201)
  })

  test('trap 27: PUT under an id of your own creates once, and a repetition joins the run', async () => {
    const id = '0123456789abcdefghjkmnpqrs'
    const run = waitingRun('trap-27')
    const body = { version: await newestVersion('test/waits'), input: run.input }
    const put = (headers = {}) => call('PUT', `/v1/predictions/${id}`, { body, headers })
    const created = await put()
    expect(created.status).toBe(201)
    expect(await bodyOf(created)).toMatchObject({ id, status: 'starting' })
    await run.started()
    const joined = put({ prefer: 'wait' })
    run.go()
    const answer = await joined
    expect(answer.status).toBe(201)
    expect(await bodyOf(answer)).toMatchObject({ id, status: 'succeeded', output: 'trap-27 went on' })
    expect(await bodyOf(put())).toMatchObject({ id, status: 'succeeded' })

    const other = { ...body, input: { ...run.input, label: 'another' } }
    expect((await call('PUT', `/v1/predictions/${id}`, { body: other })).status).toBe(422)
  })

  test.each(['short', '0123456789ABCDEFGHJKMNPQRS', 'ilouilouilouilouilouilouil'])(
    'trap 27: PUT under the id %s, which is none of ours, is refused',
    async (id) => {
      const body = { version: await newestVersion('test/every-type'), input: { text: 'abc' } }
      expect((await call('PUT', `/v1/predictions/${id}`, { body })).status).toBe(422)
    },
  )

  test('trap 29: a client that sends itself as the input is refused, and its token is neither stored nor echoed', async () => {
    const secret = 'r8_never_to_be_seen_again'
    const careless = new Replicate({
      auth: secret,
      baseUrl: `${server.address}/v1`,
      fileEncodingStrategy: 'data-uri',
    })
    const thrown = await careless.predictions.create({ model: 'test/tokens', input: {} }).then(
      () => expect.fail('The client was not refused'),
      (error) => error,
    )
    expect(thrown.response.status).toBe(422)
    expect(thrown.message).not.toContain(secret)
    expect(await (await call('GET', '/v1/predictions')).text()).not.toContain(secret)
  })
})

describe('streaming', () => {
  test('trap 30: each event has an event, an id and data, in this order and with line feeds only', async () => {
    const text = await readStream(states.succeeded)
    const events = ['0', '1', '2'].map((n) => `event: output\nid: \\d{10}:${n}\ndata: token ${n}\ndata: \n\n`).join('')
    expect(text).toMatch(new RegExp(`^:\n${events}event: done\nid: \\d{10}:3\ndata: {}\n\n$`))
  })

  test('trap 31: nothing but output, error and done is sent, and comments never stand before a blank line', async () => {
    for (const prediction of [states.succeeded, states.failed]) {
      const text = await readStream(prediction)
      expect(
        text.split('\n').filter((line) => !/^(:|event: (output|error|done)|id: .+|data: .*|)$/.test(line)),
      ).toEqual([])
      expect(text).not.toMatch(/^:.*\n\n/m)
    }
  })

  test('trap 31: a silent stream sends a comment line every fifteen seconds', async () => {
    const created = await bodyOf(post('test/tokens', { count: 1, pause_ms: 60_000 }))
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const { body } = await fetch(streamUrlOf(created))
      const reader = (body ?? expect.fail('The stream has no body')).pipeThrough(new TextDecoderStream()).getReader()
      expect((await reader.read()).value).toBe(':\n')
      vi.advanceTimersByTime(15_000)
      expect((await reader.read()).value).toBe(':\n')
      await reader.cancel()
    } finally {
      vi.useRealTimers()
    }
    await cancel(created)
  })

  test('trap 32: done ends a stream that succeeded', async () => {
    const events = parseEvents(await readStream(states.succeeded))
    expect(events.at(-1)).toMatchObject({ event: 'done', data: '{}' })
  })

  test('trap 32: error and done end a stream that failed, after its output', async () => {
    const events = parseEvents(await readStream(states.failed))
    expect(events.map(({ event, data }) => [event, data])).toEqual([
      ['output', 'token 0\n'],
      ['output', 'token 1\n'],
      ['output', 'token 2\n'],
      ['error', '{"detail":"The tokens ran out"}'],
      ['done', '{"reason":"error"}'],
    ])
  })

  test('trap 32: done ends an open stream whose prediction is canceled', async () => {
    const created = await bodyOf(post('test/tokens', { count: 1_000, pause_ms: 10 }))
    const events = parseEvents(await readUntilCanceled(created))
    expect(events[0]).toMatchObject({ event: 'output', data: 'token 0\n' })
    expect(events.at(-1)).toMatchObject({ event: 'done', data: '{"reason":"canceled"}' })
  })

  test('trap 32: error and done end the stream of a prediction that never ran', async () => {
    const aborted = await clock.hurry(6_000, async () =>
      bodyOf(post('test/cold', {}, { 'cancel-after': '5s', prefer: 'wait' })),
    )
    expect(aborted.status).toBe('aborted')
    const events = parseEvents(await readStream(aborted))
    expect(events.map(({ event }) => event)).toEqual(['error', 'done'])
    expect(events.at(-1)?.data).toBe('{"reason":"error"}')
  })

  test('trap 33: whoever comes late reads the stream from its start', async () => {
    expect(outputOf(parseEvents(await readStream(states.succeeded)))).toBe(TOKENS)
  })

  test('trap 33: whoever comes back reads on after the last event seen', async () => {
    const [first, ...rest] = parseEvents(await readStream(states.succeeded))
    const again = parseEvents(await readStream(states.succeeded, { 'last-event-id': first?.id ?? '' }))
    expect(again.map(({ event, data }) => [event, data])).toEqual(rest.map(({ event, data }) => [event, data]))
  })

  test('trap 33: readers get the same text while it is made', async () => {
    const created = await bodyOf(post('test/tokens', { count: 50, pause_ms: 2 }))
    const texts = await Promise.all([1, 2, 3].map(() => readStream(created)))
    const expected = Array.from({ length: 50 }, (_, i) => `token ${i}\n`).join('')
    expect(texts.map((text) => outputOf(parseEvents(text)))).toEqual([expected, expected, expected])
  })

  test('trap 34: a stream is text/event-stream and never compressed', async () => {
    const { status, headers } = await exchange(streamUrlOf(states.succeeded), {
      headers: { accept: 'text/event-stream', 'accept-encoding': 'gzip, br' },
    })
    expect(status).toBe(200)
    expect(headers['content-type']?.split(';')[0]).toBe('text/event-stream')
    expect(headers['content-encoding']).toBeUndefined()
    expect(headers['x-accel-buffering']).toBe('no')
  })

  test('trap 35: a chunk that ends in a newline has an empty data line more, and keeps its newline', async () => {
    const text = await readStream(states.succeeded)
    expect(text).toContain('data: token 0\ndata: \n\n')
    expect(outputOf(parseEvents(text))).toBe(TOKENS)
  })
})

describe('models', () => {
  test('trap 39: the version that a prediction ran can be fetched', async () => {
    const { model, version } = states.succeeded
    const response = await call('GET', `/v1/models/${model}/versions/${version}`)
    expect(response.status).toBe(200)
    expect(await bodyOf<Version>(response)).toMatchObject({ id: version })
  })

  test('trap 40: the cog version is one that Python can compare, and not below 0.3.9', async () => {
    const [version] = await versionsOf('test/tokens')
    const [major = 0, minor = 0, patch = 0] = version?.cog_version.split('.').map(Number) ?? []
    expect(version?.cog_version).toMatch(/^\d+\.\d+\.\d+$/)
    expect(major * 1e6 + minor * 1e3 + patch).toBeGreaterThanOrEqual(3_009)
  })

  test('trap 41: a model that lists versions takes creates with the newest of them', async () => {
    const version = await newestVersion('test/every-type')
    const created = await bodyOf(
      call('POST', '/v1/predictions', { body: { version, input: { text: 'abc' } }, headers: { prefer: 'wait' } }),
    )
    expect(created).toMatchObject({ status: 'succeeded', version })
  })

  test('trap 41: a model without versions is not found under any path', async () => {
    for (const path of ['/v1/models/test/none', '/v1/models/test/none/versions'])
      expect((await call('GET', path)).status).toBe(404)
    expect((await post('test/none', {})).status).toBe(404)
  })

  test.each(['test/every-type', 'test/every-type:<id>', '<id>'])(
    'trap 42: a model runs when a create names it as %s',
    async (form) => {
      const version = form.replace('<id>', await newestVersion('test/every-type'))
      const response = await call('POST', '/v1/predictions', { body: { version, input: { text: 'abc' } } })
      expect(response.status).toBe(201)
    },
  )

  test('trap 42: a model runs by its short name', async () => {
    const created = await bodyOf(post('test/every-type', { text: 'abc' }, { prefer: 'wait' }))
    expect(created).toMatchObject({ status: 'succeeded', model: 'test/every-type' })
  })

  test('trap 43: choices are a reference that resolves within the schema of the version', async () => {
    const [version] = await versionsOf('test/every-type')
    const { components } = version?.openapi_schema ?? expect.fail('There is no version')
    expect(components.schemas).toMatchObject({
      Input: { properties: { style: { allOf: [{ $ref: '#/components/schemas/style' }], default: 'plain' } } },
      style: { title: 'style', type: 'string', enum: ['plain', 'fancy'], description: 'An enumeration.' },
    })
    const validate = new Ajv({ strict: false, formats: { uri: true, 'date-time': true } }).compile({
      $ref: '#/components/schemas/Input',
      components,
    })
    expect(validate({ text: 'abc', style: 'fancy' })).toBe(true)
    expect(validate({ text: 'abc', style: 'ugly' })).toBe(false)
  })
})

describe('behind a proxy, with tokens', () => {
  let guarded: TestServer
  beforeAll(async () => {
    guarded = await startServer({
      BUNDLED_MODELS: 'off',
      MODELS_DIR: coldModels,
      API_TOKENS: 'alice:r8_alice',
      TRUST_PROXY: 'on',
    })
  })
  afterAll(() => guarded.close())

  test.each(['Bearer r8_alice', 'Token r8_alice', 'token r8_alice', 'BEARER r8_alice'])(
    'trap 26: "%s" is a good Authorization',
    async (authorization) => {
      const response = await guarded.call('GET', '/v1/account', { headers: { authorization } })
      expect(await bodyOf<object>(response)).toMatchObject({ username: 'alice' })
    },
  )

  test('trap 13: a trusted proxy tells the origin of every URL', async () => {
    const { body } = await exchange(`${guarded.address}/v1/models/test/cold/predictions`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer r8_alice',
        'content-type': 'application/json',
        'x-forwarded-host': 'models.example.com',
        'x-forwarded-proto': 'https',
      },
      body: '{"input":{}}',
    })
    const created: WirePrediction = JSON.parse(body)
    expect(created.urls.get).toBe(`https://models.example.com/v1/predictions/${created.id}`)
    expect(created.urls.stream).toMatch(/^https:\/\/models\.example\.com\/v1\/streams\//)
  })

  test('trap 33: a stream opens without Authorization, for whoever has its whole URL', async () => {
    const created = await bodyOf(
      guarded.call('POST', '/v1/models/test/cold/predictions', {
        body: { input: { count: 3 } },
        headers: { authorization: 'Bearer r8_alice' },
      }),
    )
    expect(outputOf(parseEvents(await readStream(created)))).toBe(TOKENS)

    const guess = `${streamUrlOf(created).slice(0, -1)}!`
    expect((await fetch(guess)).status).toBe(404)
    expect((await fetch(created.urls.get)).status).toBe(401)
  })
})
