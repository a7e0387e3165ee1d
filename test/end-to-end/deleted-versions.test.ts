/** A version is deleted, and with it thousands of predictions; the server is killed while it is at it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { pushPackage } from '../support/accounts.ts'
import { openCopy, openDatabase } from '../support/data-folder.ts'
import { eventually } from '../support/eventually.ts'
import { echo } from '../support/packages.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess } from '../support/test-server.ts'
import { bodyOf } from '../support/wire.ts'

test('a server that is killed while it deletes a version leaves the rest of it to the next', async () => {
  const dataDir = testFolder()
  const settings = { BUNDLED_MODELS: 'off', MODELS_DIR: '/nowhere' }
  const first = await testProcess(dataDir, settings)
  const version = await pushPackage(first, 'local/large', { 'predict.ts': echo('large') })
  const body = { version, input: { text: 'x'.repeat(100_000) } }
  const { id } = await bodyOf(first.call('POST', '/v1/predictions', { body, headers: { prefer: 'wait' } }))
  await first.stop('SIGTERM')
  multiply(dataDir, id, 4_000)
  const second = await testProcess(dataDir, settings)
  expect((await second.call('DELETE', `/v1/models/local/large/versions/${version}`)).status).toBe(202)
  await second.stop('SIGKILL')
  const left = openCopy(dataDir)
  expect(countIn(left)).toEqual({ removals: 1, predictions: expect.toSatisfy((count) => count > 0) })
  left.close()
  const third = await testProcess(dataDir, settings)
  expect((await third.call('GET', `/v1/models/local/large/versions/${version}`)).status).toBe(404)
  const db = openDatabase(dataDir)
  onTestFinished(() => void db.close())
  await eventually(() => expect(countIn(db)).toEqual({ removals: 0, predictions: 0 }), 30_000)
  await eventually(() => expect(existsSync(join(dataDir, 'predictions', id))).toBe(false))
  expect((await third.call('DELETE', '/v1/models/local/large')).status).toBe(204)
})

/** Copies a prediction in the database of a server that does not run. */
function multiply(dir: string, id: string, copies: number): void {
  const db = openDatabase(dir)
  const row = db.prepare<[string], object>('SELECT * FROM predictions WHERE id = ?').get(id)
  if (!row) expect.fail('There is no prediction')
  const columns = Object.keys(row)
  const insert = db.prepare(`INSERT INTO predictions (${columns}) VALUES (${columns.map(() => '?')})`)
  db.transaction(() => {
    for (let copy = 0; copy < copies; copy++) {
      const changed = { ...row, id: `${id.slice(0, 20)}${String(copy).padStart(6, '0')}` }
      insert.run(Object.values(changed))
    }
  })()
  db.close()
}

function countIn(db: Database): { removals: number; predictions: number } {
  const count = (table: string) => Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get())
  return { removals: count('version_removals'), predictions: count('predictions') }
}
