/** What is deleted while others use it: nothing of it stays, and nothing of it comes back. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '../support/data-folder.ts'
import { eventually } from '../support/eventually.ts'
import { post } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { tarOfFiles } from '../support/tar.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'
import { addModels, endOfTraining, newestVersion, TRAINERS, train } from '../support/trainings.ts'
import { waitingRun } from '../support/waits.ts'
import { bodyOf } from '../support/wire.ts'

const TRAINER = 'test/trains-oddly'
const SLOW_COMMIT_MS = 100
const PACKAGE = `
import { defineModel, Type } from 'reprise/model'
export default defineModel({
  input: Type.Object({ text: Type.String() }), output: Type.String(), predict: ({ text }) => text,
})`

const dataDir = makeFolder()
let server: TestServer
beforeAll(async () => {
  addModels(dataDir, 'local/trained')
  const settings = { DATA_DIR: dataDir, MODELS_DIR: TRAINERS, BUNDLED_MODELS: 'off' }
  server = await startServer(settings, { commitDelayMs: SLOW_COMMIT_MS })
})
afterAll(async () => {
  await server.close()
  removeFolder(dataDir)
})

async function pushed(model: string): Promise<string> {
  const response = await fetch(`${server.address}/v1/models/${model}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-tar' },
    body: tarOfFiles({ 'predict.ts': PACKAGE }),
  })
  expect(response.status, await response.clone().text()).toBe(201)
  return (await bodyOf<{ id: string }>(response)).id
}

const countOf = (sql: string, ...parameters: string[]) => {
  const db = openDatabase(dataDir)
  const count = db
    .prepare(sql)
    .pluck()
    .get(...parameters)
  db.close()
  return count
}

test('predictions that are made while their version is deleted go with it', async () => {
  const version = await pushed('local/model')
  const deleted = server.call('DELETE', `/v1/models/local/model/versions/${version}`)
  const statuses: number[] = []
  let gone = false
  void deleted.then(() => {
    gone = true
  })
  while (!gone) statuses.push((await post(server, 'local/model', { text: 'x'.repeat(100_000) })).status)
  expect((await deleted).status).toBe(202)
  expect(statuses).toContain(201)
  await eventually(() => expect(countOf('SELECT count(*) FROM version_removals')).toBe(0))
  expect(countOf('SELECT count(*) FROM predictions WHERE version = ?', version)).toBe(0)
})

test('a training does not bring back the model that was deleted meanwhile', async () => {
  expect(await newestVersion(server, TRAINER)).toBeDefined()
  const run = waitingRun('trained')
  const body = { destination: 'local/trained', input: { ...run.input, how: 'waits' } }
  const { id } = await train(server, TRAINER, body)
  await run.started()
  await server.call('PATCH', '/v1/models/local/trained', { body: { visibility: 'private' } })
  expect((await server.call('DELETE', '/v1/models/local/trained')).status).toBe(204)
  run.go()
  const error = 'What was trained cannot be a version of local/trained: there is no such model any more'
  expect(await endOfTraining(server, id)).toMatchObject({ status: 'failed', error })
  expect((await server.call('GET', '/v1/models/local/trained')).status).toBe(404)
})
