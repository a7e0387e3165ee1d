import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { cancel, create, endOf, find, post, run } from '../support/requests.ts'
import { spawnServer, startServer, type TestServer } from '../support/server.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess } from '../support/test-server.ts'

const MODEL = 'test/keeps-secrets'
const MASK = '**********'
const KEY = 'r8_this-is-nobodys-business'
const TOKEN = 'hf_and-neither-is-this'

const digest = (text: string) => hash('sha256', text)
const digests = [digest(KEY), digest(TOKEN)]
const input = { key: KEY, more: [{ token: TOKEN }] }

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

test('the model sees a secret, and every answer shows asterisks', async () => {
  const { id, ...ended } = await run(server, MODEL, input)
  expect(ended).toMatchObject({ status: 'succeeded', output: digests, input: { key: MASK, more: [{ token: MASK }] } })
  expect((await find(server, id)).input).toEqual({ key: MASK, more: [{ token: MASK }] })
  expect(await (await server.call('GET', '/v1/predictions')).text()).not.toContain(KEY)
})

test('a secret that is too long is refused, and not repeated', async () => {
  const response = await post(server, MODEL, { key: 'x'.repeat(2 ** 16 + 1) })
  expect(response.status).toBe(422)
  const text = await response.text()
  expect(text).toContain('Secrets must be at most 65536 characters long')
  expect(text).not.toContain('xxx')
})

test('the schema tells clients that it is a secret', async () => {
  const { latest_version: version } = await server.client.models.get('test', 'keeps-secrets')
  expect(version?.openapi_schema).toMatchObject({
    components: {
      schemas: { Input: { properties: { key: { type: 'string', format: 'password', 'x-cog-secret': true } } } },
    },
  })
})

test('a secret is nowhere on the disk, and what sealed it is gone when the run is over', async () => {
  const dataDir = testFolder()
  const process = await testProcess(dataDir)
  const { id } = await create(process, MODEL, { ...input, hang: true })
  await create(process, MODEL, { ...input, hang: true })
  expect(sealedSecrets(dataDir, id)).toBeGreaterThan(0)
  expect(filesThatHold(dataDir, [KEY, TOKEN])).toEqual([])
  expect((await cancel(process, id)).input).toMatchObject({ key: MASK })
  expect(sealedSecrets(dataDir, id)).toBe(0)
})

test('a queued prediction still has its secrets after the server was killed', async () => {
  const dataDir = testFolder()
  const killed = await spawnServer(dataDir)
  const blocker = await create(killed, MODEL, { ...input, hang: true })
  await eventually(async () => expect((await find(killed, blocker.id)).status).toBe('processing'))
  const { id } = await create(killed, MODEL, input)
  await killed.stop('SIGKILL')
  const next = await testProcess(dataDir)
  expect((await find(next, blocker.id)).input).toMatchObject({ key: MASK })
  expect(await endOf(next, id)).toMatchObject({ status: 'succeeded', output: digests })
})

/** How many bytes the row of a prediction holds to restore its secrets. */
function sealedSecrets(dataDir: string, id: string): number {
  const db = new Database(join(dataDir, 'reprise.sqlite'), { readonly: true })
  try {
    return db
      .prepare<[string], number>('SELECT coalesce(length(sealed_secrets), 0) FROM predictions WHERE id = ?')
      .pluck()
      .all(id)
      .reduce((sum, length) => sum + length, 0)
  } finally {
    db.close()
  }
}

/** Files below a folder in which one of the texts stands as it is. */
function filesThatHold(dir: string, texts: readonly string[]): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => texts.some((text) => readFileSync(path).includes(text)))
}
