import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { callAs } from '../support/accounts.ts'
import { HELLO, startServer, type TestServer } from '../support/server.ts'
import { testServer } from '../support/test-server.ts'
import { bodyOf } from '../support/wire.ts'

const SETTINGS = { MODELS_DIR: '/nowhere', API_TOKENS: 'alice:r8_alice,bob:r8_bob,carol:r8_carol' }
const NO_HEADERS = { limit: null, remaining: null, reset: null }

function headersOf({ headers }: Response) {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) => headers.get(`ratelimit-${name}`))
  return { limit, remaining, reset }
}

const as = (server: TestServer, who: string) => callAs(server, `r8_${who}`)
const create = (server: TestServer, who: string) =>
  as(server, who)('POST', '/v1/predictions', { version: HELLO, input: { text: 'Alice' } })

/** A refusal of which everything is as Replicate words it. */
async function expectThrottled(response: Response): Promise<void> {
  expect(response.status).toBe(429)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const seconds = Number(response.headers.get('retry-after'))
  expect(seconds).toBeGreaterThanOrEqual(1)
  expect(seconds).toBeLessThanOrEqual(60)
  expect(await bodyOf(response)).toEqual({
    detail: `Request was throttled. Your rate limit resets in ~${seconds}s.`,
    status: 429,
    retry_after: seconds,
  })
}

describe('a limit for each account', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ ...SETTINGS, RATE_LIMIT: 'creates=2,others=3' })
  })
  afterAll(() => server.close())

  test('holds for creates and for all others apart, and says how much is left', async () => {
    const creates = [await create(server, 'alice'), await create(server, 'alice'), await create(server, 'alice')]
    expect(creates.map(({ status }) => status)).toEqual([201, 201, 429])
    expect(creates.map(headersOf)).toMatchObject([
      { limit: '2', remaining: '1' },
      { limit: '2', remaining: '0' },
      { limit: '2', remaining: '0' },
    ])
    expect(Number(headersOf(creates[0] ?? Response.error()).reset)).toBeGreaterThan(0)
    if (creates[2]) await expectThrottled(creates[2])

    const call = as(server, 'alice')
    const others = [await call('GET', '/v1/account'), await call('GET', '/v1/nothing'), await call('GET', '/v1/files')]
    expect(others.map(({ status }) => status)).toEqual([200, 404, 200])
    expect(others.map((response) => headersOf(response).remaining)).toEqual(['2', '1', null])
    await expectThrottled(await call('GET', '/v1/predictions'))
  })

  test('does not last for an hour when the clock is set back by one', async () => {
    for (const status of [201, 201, 429]) expect((await create(server, 'carol')).status).toBe(status)
    const now = Date.now
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() - 3_600_000)
    onTestFinished(() => clock.mockRestore())
    for (const status of [201, 201]) expect((await create(server, 'carol')).status).toBe(status)
    await expectThrottled(await create(server, 'carol'))
  })

  test('is no limit for others', async () => {
    expect(await create(server, 'bob').then(headersOf)).toMatchObject({ limit: '2', remaining: '1' })
  })

  test('counts every way to create, also what is refused', async () => {
    const call = as(server, 'carol')
    const id = '0123456789abcdefghjkmnpqrs'
    expect((await call('PUT', `/v1/predictions/${id}`, {})).headers.get('ratelimit-remaining')).toBe('1')
    expect((await call('POST', '/v1/models/no/model/predictions', {})).headers.get('ratelimit-remaining')).toBe('0')
    expect((await call('POST', '/v1/deployments/no/name/predictions', {})).status).toBe(429)
    expect((await call('POST', '/v1/models/no/model/versions/none/trainings', {})).status).toBe(429)
  })

  test('does not hold for what needs no account, and is not told there', async () => {
    const { urls } = await bodyOf(create(server, 'bob'))
    expect(urls.get).toContain(server.address)
    for (const path of ['/health', '/ready', '/openapi.json', '/v1/streams/none', '/v1/outputs/none/none'])
      for (let i = 0; i < 5; i++) {
        const response = await server.call('GET', path)
        expect(response.status).not.toBe(429)
        expect(headersOf(response)).toEqual(NO_HEADERS)
      }
    const stranger = await server.call('GET', '/v1/account')
    expect(stranger.status).toBe(401)
    expect(headersOf(stranger)).toEqual(NO_HEADERS)
  })
})

test('a limit for all holds for all together; what is refused to one does not count', async () => {
  const server = await testServer({ ...SETTINGS, RATE_LIMIT: 'others=2', GLOBAL_RATE_LIMIT: 'others=3' })
  const statuses: number[] = []
  for (const who of ['alice', 'alice', 'alice', 'alice', 'bob', 'bob', 'carol'])
    statuses.push((await as(server, who)('GET', '/v1/account')).status)
  expect(statuses).toEqual([200, 200, 429, 429, 200, 429, 429])
  expect((await create(server, 'bob')).status).toBe(201)
})

test("Replicate's own limits are there by name", async () => {
  const server = await testServer({ ...SETTINGS, RATE_LIMIT: 'replicate' })
  expect(await create(server, 'alice').then(headersOf)).toMatchObject({ limit: '600', remaining: '599' })
  const account = await as(server, 'alice')('GET', '/v1/account')
  expect(headersOf(account)).toMatchObject({ limit: '3000', remaining: '2999' })
})

test('nothing is limited or told unless it is asked for', async () => {
  const server = await testServer(SETTINGS)
  expect(headersOf(await create(server, 'alice'))).toEqual(NO_HEADERS)
})
