/** Each edit of a package makes a version; those that nobody uses any more go after RECORD_RETENTION. */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '../support/data-folder.ts'
import { eventually } from '../support/eventually.ts'
import { MovedClock } from '../support/moved-clock.ts'
import { writeFiles } from '../support/packages.ts'
import { cancel, create, find, run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'
import { bodyOf } from '../support/wire.ts'

const DAY_MS = 24 * 3_600_000
const EXAMPLE = '{"input": {}}'

const says = (text: string) => `
import { defineModel, Type } from 'reprise/model'
export default defineModel({
  input: Type.Object({ wait: Type.Boolean({ default: false }) }), output: Type.String(),
  predict: ({ wait }, { signal }) =>
    wait ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stop')))) : '${text}',
})`

const settings = () => ({
  MODELS_DIR: modelsDir,
  BUNDLED_MODELS: 'off',
  RETENTION: 'off',
  RECORD_RETENTION: '2d',
  DATA_DIR: dataDir,
})

const clock = new MovedClock()
const dataDir = makeFolder()
let started: TestServer | undefined
let server: TestServer
let modelsDir: string
beforeAll(async () => {
  modelsDir = makeFolder()
  for (const name of ['edited', 'deployed', 'waiting', 'used', 'pinned', 'gone'])
    writeFiles(modelsDir, { [`test/${name}/predict.ts`]: says('first'), [`test/${name}/examples/one.json`]: EXAMPLE })
  writeFiles(modelsDir, { 'test/pinned/model.yaml': `version: ${'a'.repeat(64)}` })
  started = await startServer(settings(), { clock })
  server = started
}, 120_000)
afterAll(async () => {
  await started?.close()
  removeFolder(modelsDir)
  removeFolder(dataDir)
})

async function latestOf(model: string): Promise<string> {
  const { latest_version: latest } = await bodyOf<{ latest_version: { id: string } }>(
    server.call('GET', `/v1/models/${model}`),
  )
  return latest.id
}

const statusOf = async (model: string, version: string) =>
  (await server.call('GET', `/v1/models/${model}/versions/${version}`)).status
const outputOf = async (model: string) => (await run(server, model, {})).output
const snapshots = () => readdirSync(join(server.dataDir, 'versions'))

function count(sql: string, ...parameters: string[]): unknown {
  const db = openDatabase(server.dataDir)
  try {
    return db
      .prepare(sql)
      .pluck()
      .get(...parameters)
  } finally {
    db.close()
  }
}

/** Lets time go by until the folders are looked at again. */
async function seen(check: () => Promise<void>): Promise<void> {
  await eventually(async () => {
    clock.pass(1_000)
    await check()
  }, 50_000)
}

test('what nobody uses goes with its snapshot and its examples; what somebody needs stays', async () => {
  const names = ['edited', 'deployed', 'waiting', 'used', 'pinned']
  const models = names.map((name) => `test/${name}`)
  const formers = new Map<string, string>()
  for (const model of [...models, 'test/gone']) formers.set(model, await latestOf(model))
  const former = (model: string) => formers.get(model) ?? ''
  const old = await run(server, 'test/edited', {})
  await bodyOf(server.call('GET', '/v1/models/test/edited/examples'))
  const pinnedContent = String(count(`SELECT content_hash FROM versions WHERE model = 'test/pinned'`))
  const deployment = { name: 'd', model: 'test/deployed', version: former('test/deployed'), hardware: 'cpu' }
  const body = { ...deployment, min_instances: 0, max_instances: 1 }
  expect((await server.call('POST', '/v1/deployments', { body })).status).toBe(200)

  for (const model of models) writeFiles(modelsDir, { [`${model}/predict.ts`]: says('second') })
  for (const model of models) await seen(async () => expect(await outputOf(model)).toBe('second'))
  const waiting = await server.client.predictions.create({
    version: former('test/waiting'),
    input: { wait: true },
  })

  clock.pass(1.5 * DAY_MS)
  await server.client.predictions.create({ version: former('test/used'), input: {} })
  for (const model of names) expect(await statusOf(`test/${model}`, former(`test/${model}`))).toBe(200)
  clock.pass(DAY_MS)
  await eventually(async () => expect(await statusOf('test/edited', former('test/edited'))).toBe(404))
  for (const model of ['test/deployed', 'test/waiting', 'test/used']) {
    expect(await statusOf(model, former(model))).toBe(200)
    expect(existsSync(join(server.dataDir, 'versions', former(model)))).toBe(true)
  }
  await eventually(() => expect(snapshots()).not.toContain(former('test/edited')))
  // Of the id that is pinned only the content went, and at once.
  await eventually(() => expect(snapshots()).not.toContain(pinnedContent))
  expect(await statusOf('test/pinned', 'a'.repeat(64))).toBe(200)
  for (const model of [...models, 'test/gone']) expect(await statusOf(model, await latestOf(model))).toBe(200)
  expect(await statusOf('test/gone', former('test/gone'))).toBe(200)
  expect(count('SELECT count(*) FROM snapshots WHERE content_hash = ?', former('test/edited'))).toBe(0)

  expect(await find(server, old.id)).toMatchObject({ version: former('test/edited'), output: 'first' })
  const refused = await server.call('POST', '/v1/predictions', { body: { version: former('test/edited'), input: {} } })
  expect(refused.status).toBe(422)
  expect(await cancel(server, waiting.id)).toMatchObject({ status: 'canceled' })
}, 120_000)

test('an edit that is taken back makes the same version again', async () => {
  const second = await latestOf('test/edited')
  writeFiles(modelsDir, { 'test/edited/predict.ts': says('first') })
  await seen(async () => expect(await outputOf('test/edited')).toBe('first'))
  expect(await latestOf('test/edited')).not.toBe(second)
  expect(await statusOf('test/edited', second)).toBe(200)
}, 120_000)

test('hashes of files that are gone are forgotten', async () => {
  const path = join(modelsDir, 'test/gone/predict.ts')
  const known = () => count('SELECT count(*) FROM file_hashes WHERE path = ?', path)
  expect(known()).toBe(1)
  rmSync(join(modelsDir, 'test/gone'), { recursive: true })
  clock.pass(DAY_MS)
  await seen(async () => expect(known()).toBe(0))
}, 120_000)

test('examples of content that is gone go with the next sweep', async () => {
  const sql = `SELECT count(*) FROM predictions WHERE account = 'example:test/edited'`
  await create(server, 'test/edited', {})
  const db = openDatabase(server.dataDir)
  db.exec(`UPDATE predictions SET content_hash = 'none' WHERE account = 'example:test/edited'`)
  db.close()
  expect(Number(count(sql))).toBeGreaterThan(0)
  await started?.close()
  started = await startServer(settings(), { clock })
  server = started
  await eventually(() => expect(count(sql)).toBe(0))
}, 120_000)
