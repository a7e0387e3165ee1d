import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { HurryingClock } from '../support/clock.ts'
import { streamUrlOf } from '../support/event-reader.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { waitingRun } from '../support/waits.ts'
import { bodyOf, type Exchange, exchange } from '../support/wire.ts'

const UNKNOWN_ID = '00000000000000000000000000'
const NOT_FOUND = { detail: 'The requested resource could not be found', status: 404 }
const MAX_QUEUE = 2
const BODY_LIMIT = 10_000

interface Problem {
  title?: string
  detail: string
  status: number
  invalid_fields?: { type: string; field: string; description: string }[]
}

const clock = new HurryingClock()
/** Without tokens. */
let server: TestServer
/** With tokens and small limits. */
let guarded: TestServer
beforeAll(async () => {
  const started = await Promise.all([
    startServer({ BUNDLED_MODELS: 'off' }, { clock }),
    startServer({
      BUNDLED_MODELS: 'off',
      API_TOKENS: 'alice:r8_alice,bob:r8_bob',
      MAX_QUEUE: `${MAX_QUEUE}`,
      QUEUE_SHARE: '100%',
      BODY_LIMIT: `${BODY_LIMIT}`,
    }),
  ])
  server = started[0]
  guarded = started[1]
})
afterAll(() => Promise.all([server.close(), guarded.close()]))

/** The problem in an answer, which has to look like one of Replicate's down to its last byte. */
function problemIn({ status, headers, body }: Exchange): Problem {
  expect(headers['content-type']).toBe('application/problem+json')
  expect(headers['content-length']).toBe(String(Buffer.byteLength(body)))
  expect(body.endsWith('}\n')).toBe(true)
  const problem: Problem = JSON.parse(body)
  expect(problem.status).toBe(status)
  return problem
}

interface Sent {
  method?: string
  path: string
  body?: unknown
  headers?: Record<string, string>
}

/** Sends a request that has to be refused. */
async function refusalOf({ method = 'GET', path, body, headers = {} }: Sent, { address } = server): Promise<Problem> {
  return problemIn(
    await exchange(address + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    }),
  )
}

function createEveryType(input: unknown, headers: Record<string, string> = {}): Sent {
  return { method: 'POST', path: '/v1/models/test/every-type/predictions', body: { input }, headers }
}

async function count(owner: TestServer, headers: Record<string, string> = {}): Promise<number> {
  return (await bodyOf<{ results: unknown[] }>(owner.call('GET', '/v1/predictions', { headers }))).results.length
}

describe('requests that cannot be understood', () => {
  test.each([
    ['GET', '/v1'],
    ['GET', '/v1/nothing'],
    ['POST', '/v1/nothing'],
    ['GET', `/v1/predictions/${UNKNOWN_ID}`],
    ['POST', `/v1/predictions/${UNKNOWN_ID}/cancel`],
    ['GET', '/v1/models/nobody/nothing'],
    ['GET', '/v1/models/nobody/nothing/versions'],
    ['GET', '/v1/models/test/every-type/versions/unknown'],
    ['GET', '/v1/streams/unknown'],
    ['GET', '//v1/predictions'],
  ])('%s %s is not found', async (method, path) => {
    expect(await refusalOf({ method, path })).toEqual(NOT_FOUND)
  })

  test('a create on a model that does not exist is not found, whatever its body', async () => {
    const path = '/v1/models/nobody/nothing/predictions'
    expect(await refusalOf({ method: 'POST', path, body: { input: {} } })).toEqual(NOT_FOUND)
    expect(await refusalOf({ method: 'POST', path, body: {} })).toEqual(NOT_FOUND)
  })

  test.each([
    ['PUT', '/v1/predictions', 'POST, GET, HEAD'],
    ['DELETE', '/v1/account', 'GET, HEAD'],
    ['GET', '/v1/models/test/every-type/predictions', 'POST'],
    ['PATCH', `/v1/predictions/${UNKNOWN_ID}/cancel`, 'POST'],
    ['PUT', '/v1/models/test/every-type/versions', 'GET, HEAD, POST'],
    ['OPTIONS', '/v1/predictions', 'POST, GET, HEAD'],
  ])('%s %s is not allowed, and Allow tells what is', async (method, path, allow) => {
    const answer = await exchange(server.address + path, { method })
    expect(problemIn(answer)).toEqual({ detail: `Method "${method}" not allowed.`, status: 405 })
    expect(answer.headers.allow?.split(', ').toSorted()).toEqual(allow.split(', ').toSorted())
  })

  test.each(['{"input":', 'input', '{"input": {}} trailing', "{'input': {}}"])(
    'a body of %s is a bad request',
    async (body) => {
      expect(await refusalOf({ method: 'POST', path: '/v1/predictions', body })).toEqual({
        title: 'Bad Request',
        detail: expect.stringMatching(/JSON/),
        status: 400,
      })
    },
  )

  test('a path with a broken escape is a bad request', async () => {
    expect(await refusalOf({ path: '/v1/predictions/%zz' })).toMatchObject({ title: 'Bad Request', status: 400 })
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'nonsense'])(
    'a body of type %s is refused with 415',
    async (type) => {
      const headers = { 'content-type': type }
      expect(await refusalOf({ method: 'POST', path: '/v1/predictions', body: '{"input":{}}', headers })).toMatchObject(
        {
          title: 'Unsupported Media Type',
          status: 415,
        },
      )
    },
  )

  test('an empty body announced as JSON lacks everything that a create needs', async () => {
    const headers = { 'content-type': 'application/json', 'content-length': '0' }
    expect(await refusalOf({ method: 'POST', path: '/v1/predictions', headers })).toEqual({
      title: 'Input validation failed',
      detail: '- Invalid type. Expected: object, given: null\n',
      status: 422,
      invalid_fields: [{ type: 'invalid_type', field: '', description: 'Invalid type. Expected: object, given: null' }],
    })
  })

  test('a body over BODY_LIMIT is refused with 413, announced or not', async () => {
    const body = JSON.stringify({ input: { text: 'x'.repeat(BODY_LIMIT) } })
    for (const length of [{ 'content-length': String(body.length) }, { 'transfer-encoding': 'chunked' }]) {
      const answer = await exchange(`${guarded.address}/v1/models/test/every-type/predictions`, {
        method: 'POST',
        headers: { authorization: 'Bearer r8_alice', 'content-type': 'application/json', ...length },
        body,
      })
      expect(problemIn(answer)).toMatchObject({ title: 'Payload Too Large', status: 413 })
    }
  })

  test('a body just under BODY_LIMIT is read', async () => {
    const text = 'x'.repeat(BODY_LIMIT - 1_000)
    const headers = { authorization: 'Bearer r8_alice' }
    expect(await refusalOf(createEveryType({ text }, headers), guarded)).toMatchObject({
      detail: '- input.text: String length must be less than or equal to 10\n',
    })
  })
})

describe('lists', () => {
  test.each(['abc', '%25%25', 'cD15ZXN0ZXJkYXk=', 'cD0yMDI0LTAxLTAx'])('the cursor %s is not found', async (cursor) => {
    expect(await refusalOf({ path: `/v1/predictions?cursor=${cursor}` })).toEqual({
      detail: 'Invalid cursor',
      status: 404,
    })
  })

  test.each(['yesterday', '2024-13-01', '1700000000', '01/02/2024', ''])(
    'a created_after of "%s" is refused',
    async (time) => {
      const query = new URLSearchParams({ created_after: time })
      expect(await refusalOf({ path: `/v1/predictions?${query}` })).toEqual({
        title: 'Input validation failed',
        detail: "- created_after: Does not match format 'date-time'\n",
        status: 422,
        invalid_fields: [{ type: 'format', field: 'created_after', description: "Does not match format 'date-time'" }],
      })
    },
  )

  test('a created_before that is no time and a source other than web are refused', async () => {
    expect((await refusalOf({ path: '/v1/predictions?created_before=tomorrow' })).detail).toBe(
      "- created_before: Does not match format 'date-time'\n",
    )
    expect((await refusalOf({ path: '/v1/predictions?source=api' })).detail).toBe(
      '- source: source must be one of the following: "web"\n',
    )
  })

  test('created_after includes its moment and created_before does not, in any zone', async () => {
    const { id, created_at: at } = await bodyOf(
      server.call('POST', createEveryType({}).path, { body: { input: { text: 'abc' } } }),
    )
    expect(await idsOf({ created_after: at })).toContain(id)
    expect(await idsOf({ created_before: at })).not.toContain(id)
    const elsewhere = `${new Date(Date.parse(at) + 3_600_000).toISOString().slice(0, -1)}+01:00`
    expect(await idsOf({ created_after: elsewhere })).toContain(id)
    expect(await idsOf({ created_before: elsewhere })).not.toContain(id)
  })

  test('a time without a zone is UTC, wherever the server stands', async () => {
    vi.stubEnv('TZ', 'Asia/Tokyo')
    onTestFinished(() => void vi.unstubAllEnvs())
    const { id, created_at: at } = await bodyOf(
      server.call('POST', createEveryType({}).path, { body: { input: { text: 'abc' } } }),
    )
    const hourLater = new Date(Date.parse(at) + 3_600_000).toISOString().slice(0, -1)
    expect(await idsOf({ created_before: hourLater })).toContain(id)
    expect(await idsOf({ created_after: hourLater })).not.toContain(id)
  })

  async function idsOf(query: Record<string, string>): Promise<string[]> {
    const path = `/v1/predictions?${new URLSearchParams(query)}`
    return (await bodyOf<{ results: { id: string }[] }>(server.call('GET', path))).results.map(({ id }) => id)
  }
})

describe('inputs', () => {
  const fine = { text: 'abc' }

  test.each([
    [{}, 'required', 'input', 'text is required'],
    [{ text: 5 }, 'invalid_type', 'input.text', 'Invalid type. Expected: string, given: integer'],
    [{ text: true }, 'invalid_type', 'input.text', 'Invalid type. Expected: string, given: boolean'],
    [{ text: {} }, 'invalid_type', 'input.text', 'Invalid type. Expected: string, given: object'],
    [{ text: [] }, 'invalid_type', 'input.text', 'Invalid type. Expected: string, given: array'],
    [{ ...fine, count: '2' }, 'invalid_type', 'input.count', 'Invalid type. Expected: integer, given: string'],
    [{ ...fine, count: 2.5 }, 'invalid_type', 'input.count', 'Invalid type. Expected: integer, given: number'],
    [{ ...fine, count: null }, 'invalid_type', 'input.count', 'Invalid type. Expected: integer, given: null'],
    [{ ...fine, tags: ['a', 5] }, 'invalid_type', 'input.tags.1', 'Invalid type. Expected: string, given: integer'],
    [{ ...fine, style: 'ugly' }, 'enum', 'input.style', 'style must be one of the following: "plain", "fancy"'],
    [{ ...fine, count: 0 }, 'number_gte', 'input.count', 'Must be greater than or equal to 1'],
    [{ ...fine, count: 5 }, 'number_lte', 'input.count', 'Must be less than or equal to 4'],
    [{ ...fine, ratio: 0 }, 'number_gt', 'input.ratio', 'Must be greater than 0'],
    [{ ...fine, ratio: 1 }, 'number_lt', 'input.ratio', 'Must be less than 1'],
    [{ text: 'a' }, 'string_gte', 'input.text', 'String length must be greater than or equal to 2'],
    [{ text: 'abcdefghijk' }, 'string_lte', 'input.text', 'String length must be less than or equal to 10'],
    [{ text: 'ABC' }, 'pattern', 'input.text', "Does not match pattern '^[a-z]+$'"],
    [{ ...fine, link: '' }, 'format', 'input.link', "Does not match format 'uri'"],
    [{ ...fine, link: 'no link' }, 'format', 'input.link', "Does not match format 'uri'"],
    [{ ...fine, tags: [] }, 'array_min_items', 'input.tags', 'Array must have at least 1 items'],
    [{ ...fine, tags: ['a', 'b', 'c', 'd'] }, 'array_max_items', 'input.tags', 'Array must have at most 3 items'],
    [{ ...fine, tags: ['a', 'a'] }, 'unique', 'input.tags', 'array items[0,1] must be unique'],
    [{ ...fine, step: 3 }, 'multiple_of', 'input.step', 'Must be a multiple of 8'],
  ])('%j breaks %s', async (input, type, field, description) => {
    expect(await refusalOf(createEveryType(input))).toEqual({
      title: 'Input validation failed',
      detail: `- ${field}: ${description}\n`,
      status: 422,
      invalid_fields: [{ type, field, description }],
    })
  })

  test.each([
    ['count', 'integer'],
    ['ratio', 'number'],
  ])('a %s too large for a double is refused', async (name, expected) => {
    const { path } = createEveryType({})
    const body = `{"input":{"text":"abc","${name}":1e400}}`
    expect(await refusalOf({ method: 'POST', path, body })).toMatchObject({
      detail: `- input.${name}: Invalid type. Expected: ${expected}, given: number\n`,
    })
  })

  test.each([499, 500, 4_000, 100_000])('an input nested %i deep is refused and harms no list', async (depth) => {
    const { path } = createEveryType({})
    const body = `{"input":{"text":"abc","deep":${'['.repeat(depth)}${']'.repeat(depth)}}}`
    expect(await refusalOf({ method: 'POST', path, body })).toEqual({
      detail: 'The body nests arrays and objects more than 500 deep',
      status: 422,
    })
    expect((await server.call('GET', '/v1/predictions')).status).toBe(200)
  })

  test('an input nested 498 deep is accepted, run and shown', async () => {
    const { path } = createEveryType({})
    const body = `{"input":{"text":"abc","deep":${'['.repeat(498)}${']'.repeat(498)}}}`
    const headers = { prefer: 'wait', 'idempotency-key': 'deep' }
    const created = await bodyOf(server.call('POST', path, { body, headers }))
    expect(created).toMatchObject({ status: 'succeeded', input: JSON.parse(body).input })
    expect((await server.call('GET', '/v1/predictions')).status).toBe(200)
  })

  test.each([
    { ...fine, count: 2.0 },
    { ...fine, nothing: null },
    { ...fine, link: 'https://example.com/a.png' },
    { ...fine, link: 'data:text/plain;base64,YQ==' },
    { ...fine, style: 'fancy', tags: ['a', 'b'], step: 16, ratio: 0.1, flag: true },
  ])('%j breaks nothing and is shown as it was sent', async (input) => {
    const response = await server.call('POST', createEveryType({}).path, { body: { input } })
    expect(response.status).toBe(201)
    expect((await bodyOf(response)).input).toEqual(input)
  })

  test('what is wrong with the body and with the input is told at once', async () => {
    const body = { input: { text: 'A', count: 9, style: 'ugly' }, surplus: 1, webhook_events_filter: ['start', 'end'] }
    const { path } = createEveryType({})
    const { detail, invalid_fields: fields = [] } = await refusalOf({ method: 'POST', path, body })
    expect(detail.split('\n').toSorted()).toEqual(
      [
        '- Additional property surplus is not allowed',
        '- webhook_events_filter.1: 1 must be one of the following: "start", "output", "logs", "completed"',
        '- input.text: String length must be greater than or equal to 2',
        "- input.text: Does not match pattern '^[a-z]+$'",
        '- input.count: Must be less than or equal to 4',
        '- input.style: style must be one of the following: "plain", "fancy"',
        '',
      ].toSorted(),
    )
    expect(detail).toBe(fields.map((error) => `- ${error.field && `${error.field}: `}${error.description}\n`).join(''))
  })

  test('a create without version and input is told both', async () => {
    expect(await refusalOf({ method: 'POST', path: '/v1/predictions', body: {} })).toMatchObject({
      detail: '- version is required\n- input is required\n',
      invalid_fields: [
        { type: 'required', field: '', description: 'version is required' },
        { type: 'required', field: '', description: 'input is required' },
      ],
    })
  })

  test.each([
    [null, 'null'],
    [[], 'array'],
    ['text', 'string'],
    [5, 'integer'],
  ])('an input of %j is refused', async (input, given) => {
    expect(await refusalOf(createEveryType(input))).toMatchObject({
      detail: `- input: Invalid type. Expected: object, given: ${given}\n`,
    })
  })

  test.each(['', 'unknown', 'a'.repeat(64), 'test/every-type:latest', `test/every-type:${'a'.repeat(64)}`, 'no/body'])(
    'the version "%s" is not permitted',
    async (version) => {
      expect(await refusalOf({ method: 'POST', path: '/v1/predictions', body: { version, input: {} } })).toEqual({
        title: 'Invalid version or not permitted',
        detail: "The specified version does not exist (or perhaps you don't have permission to use it?)",
        status: 422,
      })
    },
  )

  test('what is refused is not stored', async () => {
    const before = await count(server)
    await refusalOf(createEveryType({}))
    await refusalOf(createEveryType({ text: 'abc' }, { 'cancel-after': '1s' }))
    expect(await count(server)).toBe(before)
  })
})

describe('Cancel-After', () => {
  test.each([
    ['5', 5],
    ['30s', 30],
    ['5m', 300],
    ['2h30m', 9_000],
    ['1h30m45s', 5_445],
    ['8760h', 31_536_000],
  ])('%s is a deadline from the creation on', async (header, seconds) => {
    const headers = { 'cancel-after': header }
    const created = await bodyOf(
      server.call('POST', createEveryType({}).path, { body: { input: { text: 'abc' } }, headers }),
    )
    expect(Date.parse(created.deadline ?? '') - Date.parse(created.created_at)).toBe(seconds * 1_000)
  })

  test.each(['', '0', '4', '4s', '-5', '5.5s', 'soon', '5 s', '30s5m', '8761h', '8640000000000', '9'.repeat(30)])(
    '"%s" is refused',
    async (header) => {
      const { status, invalid_fields: fields } = await refusalOf(
        createEveryType({ text: 'abc' }, { 'cancel-after': header }),
      )
      expect(status).toBe(422)
      expect(fields).toEqual([{ type: 'format', field: 'Cancel-After', description: expect.any(String) }])
    },
  )

  test('a prediction whose deadline comes in the queue is aborted, and one that runs is canceled', async () => {
    const [run, endless] = [waitingRun('deadline'), waitingRun('endless')]
    const create = (headers: Record<string, string>, { input } = run) =>
      bodyOf(server.call('POST', '/v1/models/test/waits/predictions', { body: { input }, headers }))
    const running = await create({})
    await run.started()
    const late = { 'cancel-after': '5s', prefer: 'wait' }
    expect(await clock.hurry(6_000, () => create(late))).toMatchObject({ status: 'aborted', output: null, error: null })
    await server.call('POST', `/v1/predictions/${running.id}/cancel`)
    await run.canceled()

    // Once a run has ended the replica is free, and the next is given to it at once.
    run.go()
    expect(await create({ prefer: 'wait' })).toMatchObject({ status: 'succeeded' })
    expect(await clock.hurry(6_000, () => create(late, endless))).toMatchObject({ status: 'canceled', error: null })
  })
})

describe('a full queue', () => {
  test('refuses creates with 503 and Retry-After, keeps nothing of them, and takes more when there is room', async () => {
    const headers = { authorization: 'Bearer r8_bob' }
    const path = '/v1/models/test/waits/predictions'
    const run = waitingRun('full')
    const create = () => guarded.call('POST', path, { body: { input: run.input }, headers })
    const ids: string[] = []
    const accept = async () => {
      const response = await create()
      expect(response.status).toBe(201)
      ids.push((await bodyOf(response)).id)
    }
    await accept()
    await run.started()
    for (let i = 0; i < MAX_QUEUE; i++) await accept()

    const refused = await exchange(guarded.address + path, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ input: run.input }),
    })
    expect(problemIn(refused)).toMatchObject({ title: 'Service Unavailable', status: 503 })
    expect(refused.headers['retry-after']).toMatch(/^[1-9]\d*$/)
    expect(await count(guarded, headers)).toBe(1 + MAX_QUEUE)

    await guarded.call('POST', `/v1/predictions/${ids.at(-1)}/cancel`, { headers })
    await accept()
    for (const id of ids.toReversed()) await guarded.call('POST', `/v1/predictions/${id}/cancel`, { headers })
  })
})

describe('pages in a browser, without tokens', () => {
  const path = '/v1/account'

  test.each(['127.0.0.1', 'localhost', '127.0.0.1:1', 'localhost:3000', '[::1]:3000', 'LOCALHOST'])(
    'a request to the host %s is served',
    async (host) => {
      expect((await exchange(server.address + path, { headers: { host } })).status).toBe(200)
    },
  )

  test.each(['evil.example', 'evil.example:3000', 'localhost.evil.example', '127.0.0.1.evil.example', '192.168.0.2'])(
    'a request to the host %s is refused',
    async (host) => {
      expect((await refusalOf({ path, headers: { host } })).status).toBe(403)
    },
  )

  test.each([
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:3000' },
    { origin: 'http://localhost.evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'http://localhost:3000', 'sec-fetch-site': 'cross-site' },
  ])('a request with %j is refused', async (headers) => {
    expect((await refusalOf({ path, headers })).status).toBe(403)
    expect((await refusalOf({ ...createEveryType({ text: 'abc' }), headers })).status).toBe(403)
  })

  test('a request of a page of its own is served', async () => {
    expect((await server.call('GET', path, { headers: { origin: server.address } })).status).toBe(200)
  })

  test.each([{ 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'none' }])(
    'a request with %j is served',
    async (headers) => {
      expect((await exchange(server.address + path, { headers })).status).toBe(200)
    },
  )

  test('the stream of a prediction may be read from any page, but not by another host name', async () => {
    const stream = streamUrlOf(
      await bodyOf(server.call('POST', '/v1/models/test/tokens/predictions', { body: { input: {} } })),
    )
    const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
    const { status, body } = await exchange(stream, { headers: foreign })
    expect(status).toBe(200)
    expect(body).toContain('event: done')
    const rebound = await exchange(stream, { headers: { host: 'evil.example' } })
    expect(problemIn(rebound).status).toBe(403)
  })
})

describe('tokens', () => {
  const alice = { authorization: 'Bearer r8_alice' }
  const bob = { authorization: 'Bearer r8_bob' }

  test('a request without a token is told so', async () => {
    expect(await refusalOf({ path: '/v1/account' }, guarded)).toEqual({
      title: 'Unauthenticated',
      detail: 'You did not pass an authentication token',
      status: 401,
    })
  })

  test.each([
    'Bearer wrong',
    'Bearer r8_alice2',
    'Bearer',
    'Bearer alice:r8_alice',
    'Basic cjhfYWxpY2U=',
    'r8_alice',
    '',
  ])('the Authorization "%s" is refused', async (authorization) => {
    expect(await refusalOf({ path: '/v1/account', headers: { authorization } }, guarded)).toEqual({
      title: 'Unauthenticated',
      detail: 'You did not pass a valid authentication token',
      status: 401,
    })
  })

  test('a refused token gets the very bytes that Replicate sends', async () => {
    const answer = await exchange(`${guarded.address}/v1/account`, { headers: { authorization: 'Bearer wrong' } })
    expect(answer.headers['content-length']).toBe('98')
    expect(answer.body).toBe(
      '{"title":"Unauthenticated","detail":"You did not pass a valid authentication token","status":401}\n',
    )
  })

  test('without a token nothing is told about what exists', async () => {
    for (const path of [
      '/v1/nothing',
      '/v1/models/test/every-type',
      `/v1/predictions/${UNKNOWN_ID}`,
      '/v1/predictions',
    ])
      expect((await refusalOf({ path }, guarded)).status).toBe(401)
    expect((await refusalOf({ ...createEveryType({}), body: '{' }, guarded)).status).toBe(401)
  })

  test('each account knows itself', async () => {
    for (const [username, headers] of Object.entries({ alice, bob }))
      expect(await bodyOf<object>(guarded.call('GET', '/v1/account', { headers }))).toMatchObject({ username })
  })

  test('with tokens any host name and page may come', async () => {
    const headers = { ...alice, host: 'models.example', origin: 'https://pages.example' }
    expect((await exchange(`${guarded.address}/v1/account`, { headers })).status).toBe(200)
  })

  test('an account can neither see, nor end, nor take over the predictions of another', async () => {
    const body = { input: { text: 'abc' } }
    const created = await bodyOf(
      guarded.call('POST', createEveryType({}).path, { body, headers: { ...alice, prefer: 'wait' } }),
    )
    const path = `/v1/predictions/${created.id}`
    expect(await refusalOf({ path, headers: bob }, guarded)).toEqual(NOT_FOUND)
    expect(await refusalOf({ method: 'POST', path: `${path}/cancel`, headers: bob }, guarded)).toEqual(NOT_FOUND)
    const listOf = async (headers: Record<string, string>) =>
      (await guarded.call('GET', '/v1/predictions', { headers })).text()
    expect(await listOf(bob)).not.toContain(created.id)
    expect(await listOf(alice)).toContain(created.id)

    const put = { method: 'PUT', path, body: { ...body, version: created.version } }
    for (const headers of [bob, alice])
      expect(await refusalOf({ ...put, headers }, guarded)).toMatchObject({
        detail: 'Idempotency key already used with a different request',
        status: 422,
      })
    expect(await bodyOf(guarded.call('GET', path, { headers: alice }))).toEqual(created)
  })

  test('two accounts may use the same Idempotency-Key', async () => {
    const create = (headers: Record<string, string>) =>
      bodyOf(
        guarded.call('POST', createEveryType({}).path, {
          body: { input: { text: 'abc' } },
          headers: { ...headers, 'idempotency-key': 'ours' },
        }),
      )
    const [first, second] = [await create(alice), await create(bob)]
    expect(first.id).not.toBe(second.id)
    expect((await create(alice)).id).toBe(first.id)
  })
})

test('PUBLIC_URL is the origin of every URL and a host name that is served', async () => {
  const named = await startServer({ BUNDLED_MODELS: 'off', PUBLIC_URL: 'https://models.example.com' })
  onTestFinished(() => named.close())
  const { body } = await exchange(named.address + createEveryType({}).path, {
    method: 'POST',
    headers: { host: 'models.example.com', 'content-type': 'application/json' },
    body: '{"input":{"text":"abc"}}',
  })
  const created: WirePrediction = JSON.parse(body)
  const urls = {
    get: `https://models.example.com/v1/predictions/${created.id}`,
    cancel: `https://models.example.com/v1/predictions/${created.id}/cancel`,
    web: `https://models.example.com/p/${created.id}`,
  }
  expect(created.urls).toEqual(urls)
  expect((await bodyOf(named.call('GET', `/v1/predictions/${created.id}`))).urls).toEqual(urls)
})
