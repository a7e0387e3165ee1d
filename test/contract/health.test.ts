import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '../support/data-folder.ts'
import { eventually } from '../support/eventually.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { bodyOf, exchange } from '../support/wire.ts'

let open: TestServer
let guarded: TestServer
beforeAll(async () => {
  const settings = { BUNDLED_MODELS: 'off', MODELS_DIR: '/nowhere' }
  const started = await Promise.all([startServer(settings), startServer({ ...settings, API_TOKENS: 'alice:r8_alice' })])
  open = started[0]
  guarded = started[1]
})
afterAll(() => Promise.all([open.close(), guarded.close()]))

test.each([
  ['/health', { status: 'ok' }],
  ['/ready', { ready: true, troubles: {} }],
])('%s is answered without a token, under any host, and never cached', async (path, body) => {
  for (const { address } of [open, guarded]) {
    const headers = { host: 'reprise.internal:3000', origin: 'http://elsewhere' }
    const answer = await exchange(address + path, { headers })
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toEqual(body)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect((await exchange(address + path, { method: 'HEAD', headers })).status).toBe(200)
  }
  const guardedStill = await exchange(`${open.address}/v1/account`, { headers: { host: 'reprise.internal:3000' } })
  expect(guardedStill.status).toBe(403)
})

test('while the database takes no writes the server is alive and not ready, and says why', async () => {
  expect((await open.call('GET', '/ready')).status).toBe(200)
  const db = openDatabase(open.dataDir)
  db.exec('BEGIN IMMEDIATE')
  try {
    await eventually(async () => {
      const response = await open.call('GET', '/ready')
      expect(response.status).toBe(503)
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(await bodyOf(response)).toEqual({
        ready: false,
        troubles: { database: expect.stringContaining('The database') },
      })
    })
    expect((await open.call('GET', '/health')).status).toBe(200)
  } finally {
    db.exec('ROLLBACK')
    db.close()
  }
  await eventually(async () => expect((await open.call('GET', '/ready')).status).toBe(200))
})
