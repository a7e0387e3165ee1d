/**
 * A training is made, read, listed and canceled as a prediction is, under both URLs, and its result becomes a version
 * of the destination that can be run at once.
 */
import { join } from 'node:path'
import Replicate from 'replicate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { eventually } from '../support/eventually.ts'
import { filesOf } from '../support/prediction-folders.ts'
import { startReceiver, testReceiver } from '../support/receiver.ts'
import { listRunners } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'
import {
  addModels,
  endOfTraining,
  findTraining,
  newestVersion,
  postTraining,
  TRAINERS,
  train,
} from '../support/trainings.ts'
import { waitingRun } from '../support/waits.ts'
import { expectGenuine, secretOf, settled } from '../support/webhooks.ts'
import { bodyOf } from '../support/wire.ts'

const ALICE = { authorization: 'Bearer r8_alice' }
const BOB = { authorization: 'Bearer r8_bob' }
const OLIVE = { authorization: 'Bearer r8_olive' }
const WORDS = 'test/counts-words'
const ODD = 'test/trains-oddly'
const TEXT = `data:text/plain,${encodeURIComponent('the cat and the dog and the bird')}`

const dataDir = makeFolder()
let server: TestServer
let client: Replicate
let wordsVersion: string
beforeAll(async () => {
  addModels(dataDir, 'alice/words', 'alice/other', 'alice/odd', 'bob/words')
  server = await startServer({
    DATA_DIR: dataDir,
    MODELS_DIR: TRAINERS,
    API_TOKENS: 'alice:r8_alice,bob:r8_bob,olive:r8_olive',
    OPERATORS: 'olive',
  })
  client = new Replicate({ auth: 'r8_alice', baseUrl: `${server.address}/v1` })
  wordsVersion = await newestVersion(server, WORDS, ALICE)
})
afterAll(async () => {
  await server.close()
  removeFolder(dataDir)
})

interface Page<Item> {
  next: string | null
  previous: string | null
  results: Item[]
}

/** The ids of the versions of a model; none of one that has none yet. */
async function versionsOf(model: string): Promise<string[]> {
  const response = await server.call('GET', `/v1/models/${model}/versions`, { headers: ALICE })
  if (response.status === 404) return []
  return (await bodyOf<Page<{ id: string }>>(response)).results.map(({ id }) => id)
}

function get(path: string, headers = ALICE): Promise<Response> {
  return server.call('GET', path, { headers })
}

test('the official client trains a model, and runs what has come of it', async () => {
  const created = await client.trainings.create('test', 'counts-words', wordsVersion, {
    destination: 'alice/words',
    input: { text: TEXT, least: 2 },
  })
  const predictionUrl = `${server.address}/v1/predictions/${created.id}`
  // Where it waits, which it may not have to do.
  const { queue_position: _position, ...told } = { queue_position: 1, ...created }
  expect(told).toEqual({
    id: expect.stringMatching(/^[0-9a-hjkmnp-tv-z]{26}$/),
    model: WORDS,
    version: wordsVersion,
    destination: 'alice/words',
    input: { text: TEXT, least: 2 },
    logs: '',
    data_removed: false,
    error: null,
    status: 'starting',
    source: 'api',
    created_at: expect.any(String),
    urls: { get: predictionUrl, cancel: `${predictionUrl}/cancel`, web: `${server.address}/p/${created.id}` },
  })

  const ended = await endOfTraining(server, created.id, ALICE)
  const trainingUrl = `${server.address}/v1/trainings/${created.id}`
  expect(ended).toMatchObject({
    status: 'succeeded',
    error: null,
    output: { version: expect.stringMatching(/^alice\/words:[0-9a-f]{64}$/) },
    metrics: { words: 8, predict_time: expect.any(Number), total_time: expect.any(Number) },
    started_at: expect.any(String),
    urls: { get: trainingUrl, cancel: `${trainingUrl}/cancel` },
  })
  expect(Object.keys(Object(ended.output))).toEqual(['version'])
  expect(ended.logs).toContain('counted 8 words\n')
  expect(await client.trainings.get(created.id)).toEqual(ended)

  const version = Object(ended.output).version.split(':')[1]
  expect(await versionsOf('alice/words')).toContain(version)
  expect(await client.run('alice/words', { input: { word: 'the' } })).toBe(3)
  expect(await client.run(`alice/words:${version}`, { input: { word: 'bird' } })).toBe(0)
  await eventually(() => expect(filesOf(dataDir, created.id)).toBeUndefined())
})

test('trap 44: the id of a training answers under both URLs, each of which names itself', async () => {
  const { id } = await train(server, ODD, { destination: 'alice/odd', input: { how: 'throws' } }, ALICE)
  const training = await endOfTraining(server, id, ALICE)
  const prediction = await bodyOf(get(`/v1/predictions/${id}`))
  expect(prediction).toEqual({
    ...training,
    output: null,
    urls: {
      ...training.urls,
      get: `${server.address}/v1/predictions/${id}`,
      cancel: `${server.address}/v1/predictions/${id}/cancel`,
    },
  })
  for (const kind of ['trainings', 'predictions']) {
    const canceled = await server.call('POST', `/v1/${kind}/${id}/cancel`, { headers: ALICE })
    expect(canceled.status).toBe(200)
    expect(await canceled.json()).toMatchObject({ id, status: 'failed' })
  }
  const { id: other } = await bodyOf(
    server.call('POST', `/v1/models/${WORDS}/predictions`, { body: { input: { word: 'x' } }, headers: ALICE }),
  )
  expect((await get(`/v1/trainings/${other}`)).status).toBe(404)
  expect((await server.call('POST', `/v1/trainings/${other}/cancel`, { headers: ALICE })).status).toBe(404)
})

test('a create answers at once, also to a client that would wait', async () => {
  const run = waitingRun('at-once')
  const body = { destination: 'alice/odd', input: { ...run.input, how: 'waits' } }
  const response = await postTraining(server, ODD, body, { ...ALICE, prefer: 'wait=60' })
  expect(response.status).toBe(201)
  expect(response.headers.get('preference-applied')).toBeNull()
  const { id, status } = await bodyOf(response)
  expect(status).toBe('starting')
  expect(response.headers.get('location')).toBe(`${server.address}/v1/predictions/${id}`)
  await client.trainings.cancel(id)
})

test('more trainings than versions can be made at once all become one', async () => {
  const body = { destination: 'alice/words', input: { text: TEXT } }
  const created = await Promise.all(
    [1, 2, 3, 4, 5, 6].map((least) => train(server, WORDS, { ...body, input: { text: TEXT, least } }, ALICE)),
  )
  const ended = await Promise.all(created.map(({ id }) => endOfTraining(server, id, ALICE)))
  expect(ended.map(({ status }) => status)).toEqual(Array(6).fill('succeeded'))
  const versions = await versionsOf('alice/words')
  for (const { output } of ended) expect(versions).toContain(Object(output).version.split(':')[1])
})

test('trainings are listed apart from predictions, newest first', async () => {
  const input = { how: 'throws' }
  const first = await train(server, ODD, { destination: 'alice/odd', input }, ALICE)
  const second = await train(server, ODD, { destination: 'alice/odd', input }, ALICE)
  const body = { input: { word: 'x' } }
  const prediction = await bodyOf(server.call('POST', `/v1/models/${WORDS}/predictions`, { body, headers: ALICE }))
  const { results, next } = await client.trainings.list()
  const ids = results.map(({ id }) => id)
  expect(ids.slice(0, 2)).toEqual([second.id, first.id])
  expect(ids).not.toContain(prediction.id)
  expect(next).toBeNull()
  expect(results[0]?.urls?.get).toBe(`${server.address}/v1/trainings/${second.id}`)
  const predictions = (await bodyOf<Page<WirePrediction>>(get('/v1/predictions'))).results.map(({ id }) => id)
  expect(predictions).toContain(prediction.id)
  for (const id of ids) expect(predictions).not.toContain(id)
  await Promise.all([first, second].map(({ id }) => endOfTraining(server, id, ALICE)))
})

test('a hundred trainings make a page', async () => {
  const headers = { ...OLIVE, 'cancel-after': '1h' }
  const run = waitingRun('page')
  const created: string[] = []
  for (let i = 0; i < 101; i++) {
    const input = { ...run.input, how: 'waits' }
    created.unshift((await train(server, ODD, { destination: 'alice/odd', input }, headers)).id)
  }
  const page = await bodyOf<Page<WirePrediction>>(get('/v1/trainings', OLIVE))
  expect(page.results.map(({ id }) => id)).toEqual(created.slice(0, 100))
  expect(page.next).toMatch(`${server.address}/v1/trainings?cursor=`)
  const rest = await bodyOf<Page<WirePrediction>>(get(String(page.next).slice(server.address.length), OLIVE))
  expect(rest.results.map(({ id }) => id)).toEqual(created.slice(100))
  expect(rest).toMatchObject({ next: null, previous: expect.any(String) })
  await Promise.all(created.map((id) => server.call('POST', `/v1/trainings/${id}/cancel`, { headers: OLIVE })))
})

test('predictions of a version do not wait for its trainings', async () => {
  const run = waitingRun('beside')
  const input = { ...run.input, how: 'waits' }
  const { id } = await train(server, ODD, { destination: 'alice/odd', input }, ALICE)
  await run.started()
  expect(await client.run(ODD, { input: {} })).toBe('odd')
  expect(await findTraining(server, id, ALICE)).toMatchObject({ status: 'processing' })
  const { results } = await listRunners(server, OLIVE)
  expect(results.filter(({ model }) => model === ODD).map(({ running }) => running)).toEqual(
    expect.arrayContaining([0, 1]),
  )
  run.go()
  expect(await endOfTraining(server, id, ALICE)).toMatchObject({ status: 'succeeded', logs: expect.any(String) })
})

describe('cancel', () => {
  test.each([true, false])('ends a training that runs, whether or not it heeds that: %s', async (heed) => {
    const run = waitingRun('canceled', { heed })
    const input = { ...run.input, how: 'waits' }
    const before = await versionsOf('alice/other')
    const { id } = await train(server, ODD, { destination: 'alice/other', input }, ALICE)
    await run.started()
    const canceled = await client.trainings.cancel(id)
    expect(canceled).toMatchObject({ id, status: 'canceled', error: null })
    if (heed) await run.canceled()
    expect(await findTraining(server, id, ALICE)).toEqual(canceled)
    expect(await versionsOf('alice/other')).toEqual(before)
    await eventually(() => expect(filesOf(dataDir, id)).toBeUndefined())
  })

  test('wins over a version that is being made', async () => {
    const run = waitingRun('held')
    const input = { text: TEXT, hold: join(run.input.dir, run.input.label) }
    const { id } = await train(server, WORDS, { destination: 'alice/other', input }, ALICE)
    await run.started()
    expect(await findTraining(server, id, ALICE)).toMatchObject({ status: 'processing' })
    const response = await server.call('POST', `/v1/predictions/${id}/cancel`, { headers: ALICE })
    expect(await response.json()).toMatchObject({ status: 'canceled' })
    run.go()
    expect(await versionsOf('alice/other')).toEqual([])
  })
})

test.each([
  ['throws', 'There is nothing to learn from this'],
  ['crashes', "The model's process was ended by SIGKILL while it ran this training"],
  [
    'changes-code',
    'cannot be a version of alice/odd: predict.ts is code that the package which was trained does not hold',
  ],
  ['adds-code', 'lib/more.MJS is code'],
  ['sets-imports', 'package.json is code'],
  ['leads-out', 'train returned a file "../../evil.txt": its path leads out of the package'],
  ['is-absolute', 'train returned a file "/tmp/evil.txt": its path has to be relative'],
  ['pins', 'model.yaml: a package that is pushed cannot pin its version'],
  [
    'has-no-code',
    'cannot be a version of alice/odd: There is no predict.ts, predict.js, model.onnx, or model.ort in the package',
  ],
  ['has-no-files', 'train returned no files'],
  ['is-no-package', 'train has to return the files of a package by their paths'],
  ['has-many-files', 'train returned 1001 files; 1000 are the most'],
])('a training that %s fails with the reason and leaves nothing', async (how, reason) => {
  const before = await versionsOf('alice/odd')
  const { id } = await train(server, ODD, { destination: 'alice/odd', input: { how } }, ALICE)
  const ended = await endOfTraining(server, id, ALICE)
  expect(ended).toMatchObject({ status: 'failed', error: expect.stringContaining(reason) })
  expect(ended.error).not.toContain(dataDir)
  expect(await versionsOf('alice/odd')).toEqual(before)
  await eventually(() => expect(filesOf(dataDir, id)).toBeUndefined())
})

describe('webhooks', () => {
  test('tell the start and the end of a training as GET shows it', async () => {
    const receiver = await testReceiver()
    const body = { destination: 'alice/words', input: { text: TEXT }, webhook: receiver.url }
    const { id } = await train(server, WORDS, { ...body, webhook_events_filter: ['start', 'completed'] }, ALICE)
    await settled(server, id, ALICE)
    const [start, completed, ...more] = receiver.of(id)
    expect(more).toEqual([])
    expect(start?.prediction).toMatchObject({ status: 'processing' })
    expect(completed?.prediction).toEqual(await findTraining(server, id, ALICE))
    expect(completed?.prediction.urls.get).toBe(`${server.address}/v1/trainings/${id}`)
    if (completed) await expectGenuine(completed, await secretOf(server, ALICE))
  })

  test('come when the version is there', async () => {
    const seen: Promise<string[]>[] = []
    const receiver = await startReceiver((response) => {
      seen.push(versionsOf('bob/words'))
      response.end()
    })
    const body = { destination: 'bob/words', input: { text: TEXT }, webhook: receiver.url }
    const { id } = await train(server, WORDS, { ...body, webhook_events_filter: ['completed'] }, BOB)
    await settled(server, id, BOB)
    await receiver.close()
    const { output } = await findTraining(server, id, BOB)
    expect((await Promise.all(seen)).map(([version]) => `bob/words:${version}`)).toEqual([Object(output).version])
  })
})

describe('a create is refused', () => {
  const body = { destination: 'alice/words', input: { text: TEXT } }
  const GONE = { detail: 'The specified training destination does not exist', status: 404 }

  test('with 400 for a version that cannot be trained', async () => {
    const { id } = await train(server, WORDS, body, ALICE)
    await endOfTraining(server, id, ALICE)
    const response = await postTraining(server, 'alice/words', body, ALICE)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ status: 400, detail: expect.stringContaining('cannot be trained') })
  })

  test('with 404 for a version that is not there', async () => {
    for (const path of [`${WORDS}/versions/${'0'.repeat(64)}`, `test/none/versions/${wordsVersion}`]) {
      const response = await server.call('POST', `/v1/models/${path}/trainings`, { body, headers: ALICE })
      expect(response.status).toBe(404)
    }
  })

  test.each(['', 'words', 'alice/none', 'alice/words/more', 'alice/words:latest', 'bob/words', 'test/none', WORDS])(
    'with 404 for the destination %j',
    async (destination) => {
      const response = await postTraining(server, WORDS, { ...body, destination }, ALICE)
      expect(response.status).toBe(404)
      expect(await response.json()).toEqual(GONE)
    },
  )

  test('with 403 for a destination whose versions come from a folder, also for operators', async () => {
    const response = await postTraining(server, WORDS, { ...body, destination: ODD }, OLIVE)
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({
      detail: expect.stringContaining(`versions of ${ODD} come from a folder`),
    })
  })

  test('with 422 for all that is wrong in it', async () => {
    const response = await postTraining(
      server,
      WORDS,
      { input: { least: 0, text: 1 }, model: 'x', webhook: 'ftp://x' },
      ALICE,
    )
    expect(response.status).toBe(422)
    const { invalid_fields: fields } = await bodyOf<{ invalid_fields: { field: string; description: string }[] }>(
      response,
    )
    expect(fields.map(({ field, description }) => `${field}: ${description}`).sort()).toEqual([
      ': Additional property model is not allowed',
      ': destination is required',
      'input.least: Must be greater than or equal to 1',
      'input.text: Invalid type. Expected: string, given: integer',
      expect.stringMatching(/^webhook: Does not match format 'uri'/),
    ])
  })

  test('trap 23: not for what old clients send beside', async () => {
    const more = { version: wordsVersion, webhook_completed: 'http://old.test', stream: false }
    const { id } = await train(server, WORDS, { ...body, ...more }, ALICE)
    expect(await endOfTraining(server, id, ALICE)).toMatchObject({ status: 'succeeded' })
  })
})

test('operators may train for others', async () => {
  const { id } = await train(server, WORDS, { destination: 'bob/words', input: { text: TEXT } }, OLIVE)
  expect(await endOfTraining(server, id, OLIVE)).toMatchObject({ status: 'succeeded' })
})

test('another account sees nothing of a training', async () => {
  const { id } = await train(server, WORDS, { destination: 'alice/words', input: { text: TEXT } }, ALICE)
  for (const kind of ['trainings', 'predictions']) {
    expect((await get(`/v1/${kind}/${id}`, BOB)).status).toBe(404)
    expect((await server.call('POST', `/v1/${kind}/${id}/cancel`, { headers: BOB })).status).toBe(404)
  }
  const { results } = await bodyOf<Page<WirePrediction>>(get('/v1/trainings', BOB))
  expect(results.map((training) => training.id)).not.toContain(id)
  await endOfTraining(server, id, ALICE)
})

test('a create with an Idempotency-Key makes one training', async () => {
  const body = { destination: 'alice/words', input: { text: TEXT } }
  const headers = { ...ALICE, 'idempotency-key': 'train once' }
  const [first, second] = await Promise.all([train(server, WORDS, body, headers), train(server, WORDS, body, headers)])
  expect(second.id).toBe(first.id)
  expect((await postTraining(server, WORDS, { ...body, destination: 'alice/other' }, headers)).status).toBe(422)
  await endOfTraining(server, first.id, ALICE)
})

test('the schema of a version tells what a training takes, and says nothing where there is none', async () => {
  const schemasOf = async (model: string): Promise<Record<string, { properties: Record<string, unknown> }>> => {
    const { latest_version: latest } = await bodyOf<{ latest_version: unknown }>(get(`/v1/models/${model}`))
    return Object(latest).openapi_schema.components.schemas
  }
  const { TrainingInput, TrainingRequest, TrainingResponse, TrainingOutput } = await schemasOf(WORDS)
  expect(TrainingInput).toMatchObject({ title: 'TrainingInput', required: ['text'] })
  expect(TrainingInput?.properties.text).toMatchObject({ type: 'string', format: 'uri', 'x-order': 0 })
  expect(TrainingRequest?.properties.input).toEqual({ $ref: '#/components/schemas/TrainingInput' })
  expect(TrainingResponse?.properties.output).toEqual({ $ref: '#/components/schemas/TrainingOutput' })
  expect(TrainingOutput).toMatchObject({ properties: { version: { type: 'string' } } })
  expect(Object.keys(await schemasOf('reprise/pitch')).filter((name) => name.startsWith('Training'))).toEqual([])
})
