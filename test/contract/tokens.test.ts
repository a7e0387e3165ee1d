import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { hashToken } from '../../src/accounts/token.ts'
import { openDatabase } from '../support/data-folder.ts'
import { MovedClock } from '../support/moved-clock.ts'
import { echo } from '../support/packages.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { tarOfFiles } from '../support/tar.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess, testServer } from '../support/test-server.ts'
import { accountOf, callWith, createToken } from '../support/tokens.ts'
import { bodyOf } from '../support/wire.ts'

const NO_MODELS = { BUNDLED_MODELS: 'off', MODELS_DIR: '/nowhere' }

interface Listed {
  configured: number
  results: { id: string; username: string; description: string | null; last_used_at: string | null }[]
}

async function listed(server: TestServer, token: string): Promise<Listed> {
  const response = await callWith(server, token, 'GET', '/v1/tokens')
  expect(response.status).toBe(200)
  return bodyOf(response)
}

async function refusal(response: Promise<Response>): Promise<[status: number, detail: string]> {
  const { status } = await response
  return [status, (await bodyOf<{ detail: string }>(response)).detail]
}

describe('with an operator in the configuration', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ ...NO_MODELS, API_TOKENS: 'ops:o,alice:a', OPERATORS: 'ops' })
  })
  afterAll(() => server.close())

  test('a token that is made works at once, beside those of the configuration', async () => {
    const made = await createToken(server, 'bob', 'o', 'for the build')
    expect(made).toMatchObject({ username: 'bob', description: 'for the build', last_used_at: null })
    expect(made.token).toMatch(/^rp_[0-9A-Za-z]{40}$/)
    expect(made.notice).toBeUndefined()
    expect(await accountOf(server, made.token)).toBe('bob')
    expect(await accountOf(server, 'a')).toBe('alice')
    const { token: _, ...rest } = made
    const { configured, results } = await listed(server, 'o')
    expect(configured).toBe(2)
    expect(results).toContainEqual({ ...rest, last_used_at: expect.any(String) })
    expect(JSON.stringify(results)).not.toContain(made.token)
  })

  test('the secret of its account is there to sign webhooks with', async () => {
    const { token } = await createToken(server, 'signs', 'o')
    const response = await callWith(server, token, 'GET', '/v1/webhooks/default/secret')
    expect(await bodyOf(response)).toEqual({ key: expect.stringMatching(/^whsec_/) })
  })

  test('a token that is revoked is refused from the next request on, the others are not', async () => {
    const [one, other] = [await createToken(server, 'carol', 'o'), await createToken(server, 'carol', 'o')]
    const response = await callWith(server, 'o', 'DELETE', `/v1/tokens/${one.id}`)
    expect(response.status).toBe(204)
    expect(await accountOf(server, one.token)).toBe(401)
    expect(await accountOf(server, other.token)).toBe('carol')
    expect((await listed(server, 'o')).results.map(({ id }) => id)).not.toContain(one.id)
    expect((await callWith(server, 'o', 'DELETE', `/v1/tokens/${one.id}`)).status).toBe(404)
  })

  test('when it is revoked twice at the same time, one of the two finds it', async () => {
    const { id } = await createToken(server, 'dave', 'o')
    const both = await Promise.all([1, 2].map(() => callWith(server, 'o', 'DELETE', `/v1/tokens/${id}`)))
    expect(both.map(({ status }) => status).sort()).toEqual([204, 404])
  })

  test.each([
    ['GET', '/v1/tokens'],
    ['POST', '/v1/tokens'],
    ['DELETE', '/v1/tokens/any'],
  ])('%s %s is refused to who is no operator, with the reason', async (method, path) => {
    const body = method === 'POST' ? { username: 'alice' } : undefined
    const [status, detail] = await refusal(callWith(server, 'a', method, path, body))
    expect(status).toBe(403)
    expect(detail).toMatch(/alice is no operator.*REPRISE_OPERATORS/)
    expect((await callWith(server, undefined, method, path, body)).status).toBe(401)
  })

  test.each<[string, unknown]>([
    ['no username', {}],
    ['a name with a colon', { username: 'a:b' }],
    ['a name with a slash', { username: 'a/b' }],
    ['an empty name', { username: '' }],
    ['a name that is too long', { username: 'a'.repeat(101) }],
    ['a description that is too long', { username: 'a', description: 'x'.repeat(201) }],
  ])('%s makes no token', async (_, body) => {
    expect((await callWith(server, 'o', 'POST', '/v1/tokens', body)).status).toBe(422)
  })

  test('the list tells when a token was used last', async () => {
    const clock = new MovedClock()
    const timed = await testServer({ ...NO_MODELS, API_TOKENS: 'o' }, { clock })
    const { token, id } = await createToken(timed, 'alice', 'o')
    const lastUse = async () => (await listed(timed, 'o')).results.find((row) => row.id === id)?.last_used_at ?? null
    expect(await lastUse()).toBeNull()
    clock.byMs = 3_600_000
    await accountOf(timed, token)
    const used = await lastUse()
    expect(Date.parse(used ?? '')).toBeGreaterThan(Date.now() + 3_500_000)
    clock.byMs = 7_200_000
    expect(await lastUse()).toBe(used)
  })
})

test('requests with a token write nothing', async () => {
  const server = await testServer({ ...NO_MODELS, API_TOKENS: 'o' })
  const { token } = await createToken(server, 'alice', 'o')
  const db = openDatabase(server.dataDir)
  onTestFinished(() => void db.close())
  const commits = () => db.pragma('data_version', { simple: true })
  const before = commits()
  for (let i = 0; i < 50; i++) expect(await accountOf(server, token)).toBe('alice')
  expect(commits()).toBe(before)
  await createToken(server, 'alice', 'o')
  expect(commits()).not.toBe(before)
})

describe('an open server', () => {
  test('is closed by its first token, which has to be of an operator', async () => {
    const server = await testServer({ ...NO_MODELS, OPERATORS: 'ops' })
    expect(await accountOf(server)).toBe('local')
    const [status, detail] = await refusal(callWith(server, undefined, 'POST', '/v1/tokens', { username: 'alice' }))
    expect(status).toBe(422)
    expect(detail).toMatch(/alice is no operator.*make one for local first, or name alice in REPRISE_OPERATORS/)
    expect(await accountOf(server)).toBe('local')

    const { token, notice } = await createToken(server, 'ops')
    expect(notice).toMatch(/from now on every request needs/)
    expect(await accountOf(server)).toBe(401)
    expect(await accountOf(server, 'any')).toBe(401)
    expect(await accountOf(server, token)).toBe('ops')
    expect((await createToken(server, 'alice', token)).notice).toBeUndefined()
  })

  test('takes requests of other web pages when a token has closed it', async () => {
    const server = await testServer(NO_MODELS)
    const visit = (token?: string) =>
      server.call('GET', '/v1/account', {
        headers: { origin: 'https://elsewhere.example', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      })
    expect((await visit()).status).toBe(403)
    const { token } = await createToken(server, 'local')
    expect((await visit(token)).status).toBe(200)
  })

  test('takes no code from then on', async () => {
    const server = await testServer(NO_MODELS)
    const push = (token?: string) =>
      fetch(`${server.address}/v1/models/local/said/versions`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-tar', ...(token ? { authorization: `Bearer ${token}` } : {}) },
        body: new Uint8Array(tarOfFiles({ 'predict.ts': echo() })),
      })
    expect((await push()).status).toBe(201)
    const { token } = await createToken(server, 'local')
    expect((await refusal(push(token)))[1]).toContain('REPRISE_PUSH_CODE')
  })

  test('is not opened again by revoking: the last token of an operator stays', async () => {
    const server = await testServer({ ...NO_MODELS, OPERATORS: 'ops' })
    const first = await createToken(server, 'local')
    const alice = await createToken(server, 'alice', first.token)
    const remove = (id: string, by = first.token) => callWith(server, by, 'DELETE', `/v1/tokens/${id}`)
    const [status, detail] = await refusal(remove(first.id))
    expect(status).toBe(422)
    expect(detail).toMatch(/last token of an operator.*make another first/)
    expect(await accountOf(server, first.token)).toBe('local')

    const second = await createToken(server, 'ops', first.token)
    // Of two that go at the same time one has to stay.
    const both = await Promise.all([remove(first.id), remove(second.id)])
    expect(both.map((response) => response.status).sort()).toEqual([204, 422])
    const left = (await accountOf(server, first.token)) === 401 ? second : first
    expect((await remove(alice.id, left.token)).status).toBe(204)
    expect((await remove(left.id, left.token)).status).toBe(422)
    expect(await accountOf(server)).toBe(401)
  })
})

test('an operator of the configuration counts: the last token of the database can go', async () => {
  const server = await testServer({ ...NO_MODELS, API_TOKENS: 'o' })
  const { id, token } = await createToken(server, 'local', 'o')
  expect((await callWith(server, 'o', 'DELETE', `/v1/tokens/${id}`)).status).toBe(204)
  expect(await accountOf(server, token)).toBe(401)
  expect(await accountOf(server)).toBe(401)
})

test('there is a bound, and the answer beyond it says what to do', async () => {
  const server = await testServer({ ...NO_MODELS, API_TOKENS: 'o', DURABILITY: 'normal' })
  const create = () => callWith(server, 'o', 'POST', '/v1/tokens', { username: 'many' })
  const statuses = new Map<number, number>()
  for (let round = 0; round < 11; round++)
    for (const { status } of await Promise.all(Array.from({ length: 100 }, create)))
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
  expect(Object.fromEntries(statuses)).toEqual({ 201: 1_000, 422: 100 })
  expect((await refusal(create()))[1]).toMatch(/There are 1000 tokens.*revoke some first/)
})

test('tokens outlive a restart, on an address that others reach, and the disk holds only their hashes', async () => {
  const dataDir = testFolder()
  const first = await testProcess(dataDir, NO_MODELS)
  const { token } = await createToken(first, 'local')
  const revoked = await createToken(first, 'alice', token)
  const kept = await createToken(first, 'bob', token, 'the laptop')
  expect((await callWith(first, token, 'DELETE', `/v1/tokens/${revoked.id}`)).status).toBe(204)
  expect(await accountOf(first, kept.token)).toBe('bob')
  expect(await first.stop('SIGTERM')).toBe(0)

  const second = await testProcess(dataDir, { ...NO_MODELS, HOST: '0.0.0.0' })
  expect(await accountOf(second)).toBe(401)
  expect(await accountOf(second, token)).toBe('local')
  expect(await accountOf(second, revoked.token)).toBe(401)
  const { results } = await bodyOf<Listed>(callWith(second, token, 'GET', '/v1/tokens'))
  expect(results).toMatchObject([
    { username: 'local', last_used_at: expect.any(String) },
    { username: 'bob', description: 'the laptop', last_used_at: expect.any(String) },
  ])
  expect(await second.stop('SIGTERM')).toBe(0)

  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const bytes = Buffer.concat(files.map(({ parentPath, name }) => readFileSync(join(parentPath, name))))
  expect(bytes.includes(hashToken(token))).toBe(true)
  for (const made of [token, revoked.token, kept.token]) expect(bytes.includes(made.slice(3))).toBe(false)
  expect(bytes.includes(hashToken(revoked.token))).toBe(false)
})

test('without tokens in either place the start is refused where others reach it', async () => {
  await expect(testServer({ ...NO_MODELS, HOST: '0.0.0.0' })).rejects.toThrow(
    /REPRISE_HOST is "0\.0\.0\.0", which others can reach, and there are no tokens; set REPRISE_API_TOKENS/,
  )
})
