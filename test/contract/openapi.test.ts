import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { openapiDocument } from '../../scripts/openapi-document.ts'
import { STATUSES, type Status } from '../../src/predictions/prediction.ts'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { HurryingClock } from '../support/clock.ts'
import { FIXTURE_MODELS, startServer, type TestServer } from '../support/server.ts'
import { predictionsInEveryState } from '../support/states.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'
import { addModels, endOfTraining, TRAINERS, train } from '../support/trainings.ts'

const OURS = fileURLToPath(new URL('../../openapi.yaml', import.meta.url))
const REPLICATES = fileURLToPath(new URL('../../../shared/reference/replicate-openapi.yaml', import.meta.url))

const clock = new HurryingClock()
const dataDir = makeFolder()
let server: TestServer
let guarded: TestServer
let states: Record<Status, WirePrediction>
let training: string
beforeAll(async () => {
  addModels(dataDir, 'local/words')
  const models = { BUNDLED_MODELS: 'off', MODELS_DIR: `${FIXTURE_MODELS}:${TRAINERS}` }
  const started = await Promise.all([
    startServer({ ...models, DATA_DIR: dataDir }, { clock }),
    startServer({ BUNDLED_MODELS: 'off', MODELS_DIR: '/nowhere', API_TOKENS: 'alice:r8_alice' }),
  ])
  server = started[0]
  guarded = started[1]
  states = await predictionsInEveryState(server, clock)
  await deploy('app')
  const body = { destination: 'local/words', input: { text: 'data:,a%20b' } }
  training = (await train(server, 'test/counts-words', body)).id
  expect(await endOfTraining(server, training)).toMatchObject({ status: 'succeeded' })
})
afterAll(async () => {
  await Promise.all([server.close(), guarded.close()])
  removeFolder(dataDir)
})

test('openapi.yaml says what the routes say', async () => {
  expect(readFileSync(OURS, 'utf8')).toBe(await openapiDocument())
})

test('/openapi.json is openapi.yaml, open to everybody', async () => {
  for (const { call } of [server, guarded]) {
    const response = await call('GET', '/openapi.json')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(await response.json()).toEqual(parse(readFileSync(OURS, 'utf8')))
  }
})

interface Document {
  paths: Record<string, Record<string, Operation>>
  components: object
}

interface Operation {
  operationId?: string
  responses: Record<string, { content?: Record<string, { schema: object }> }>
}

/** What a document says about an answer of an operation; media types go by their exact name. */
function schemaOf(document: Document, operationId: string, status: string, mediaType: string): object {
  const operation = Object.values(document.paths)
    .flatMap((path) => Object.values(path))
    .find((candidate) => candidate.operationId === operationId)
  const schema = operation?.responses[status]?.content?.[mediaType]?.schema
  return schema ?? expect.fail(`The document describes no ${mediaType} of ${operationId} with ${status}`)
}

function expectValid(document: Document, schema: object, body: unknown): void {
  const ajv = new Ajv({ strict: false, allErrors: true })
  formats.default(ajv)
  const validate = ajv.compile({ ...schema, components: document.components })
  expect(validate(body) ? [] : validate.errors).toEqual([])
}

type Call = [operationId: string, status: number, send: () => Promise<Response>]

const successes: Call[] = [
  ['predictions.create', 201, async () => create({ version: await versionOf('test/every-type') })],
  ['predictions.create', 202, async () => create({ version: await versionOf('test/tokens'), ...LONG }, 'wait=1')],
  [
    'models.predictions.create',
    201,
    () => server.call('POST', '/v1/models/test/every-type/predictions', { body: INPUT }),
  ],
  ['predictions.list', 200, () => server.call('GET', '/v1/predictions')],
  ['predictions.get', 200, () => server.call('GET', `/v1/predictions/${states.succeeded.id}`)],
  ['predictions.cancel', 200, () => server.call('POST', `/v1/predictions/${states.succeeded.id}/cancel`)],
  ['models.get', 200, () => server.call('GET', '/v1/models/test/every-type')],
  ['models.versions.list', 200, () => server.call('GET', '/v1/models/test/every-type/versions')],
  [
    'models.versions.get',
    200,
    async () => server.call('GET', `/v1/models/test/every-type/versions/${await versionOf('test/every-type')}`),
  ],
  ['trainings.get', 200, () => server.call('GET', `/v1/trainings/${training}`)],
  ['trainings.cancel', 200, () => server.call('POST', `/v1/trainings/${training}/cancel`)],
  ['trainings.list', 200, () => server.call('GET', '/v1/trainings')],
  ['account.get', 200, () => server.call('GET', '/v1/account')],
  ['deployments.create', 200, () => deploy(`created-${++created}`)],
  ['deployments.list', 200, () => server.call('GET', '/v1/deployments')],
  ['deployments.get', 200, () => server.call('GET', '/v1/deployments/local/app')],
  ['deployments.update', 200, () => server.call('PATCH', '/v1/deployments/local/app', { body: { max_instances: 2 } })],
  [
    'deployments.predictions.create',
    201,
    () => server.call('POST', '/v1/deployments/local/app/predictions', { body: INPUT }),
  ],
]

const failures: Call[] = [
  ['account.get', 401, () => guarded.call('GET', '/v1/account')],
  ['predictions.get', 404, () => server.call('GET', '/v1/predictions/00000000000000000000000000')],
  ['trainings.get', 404, () => server.call('GET', '/v1/trainings/00000000000000000000000000')],
  ['models.get', 404, () => server.call('GET', '/v1/models/test/none')],
  ['deployments.get', 404, () => server.call('GET', '/v1/deployments/local/none')],
  ['deployments.create', 422, () => server.call('POST', '/v1/deployments', { body: {} })],
  ['predictions.create', 422, () => create({})],
  ['predictions.create', 422, () => create({ version: 'unknown' })],
]

const INPUT = { input: { text: 'abc' } }
const LONG = { input: { count: 1, pause_ms: 2_000 } }

function create(body: object, prefer = ''): Promise<Response> {
  return server.call('POST', '/v1/predictions', { body: { ...INPUT, ...body }, headers: { prefer } })
}

/** One for each document. */
let created = 0

async function deploy(name: string): Promise<Response> {
  const model = 'test/every-type'
  const instances = { hardware: 'cpu', min_instances: 0, max_instances: 1 }
  return server.call('POST', '/v1/deployments', {
    body: { name, model, version: await versionOf(model), ...instances },
  })
}

async function versionOf(model: string): Promise<string> {
  const [owner = '', name = ''] = model.split('/')
  const { latest_version: latest } = await server.client.models.get(owner, name)
  return latest?.id ?? expect.fail(`${model} has no version`)
}

describe.each([
  ['our document', OURS],
  // Taken as it stands: nothing that replicate-api.md tells to emit for these operations breaks it.
  ["Replicate's document", REPLICATES],
])('%s describes', (_, path) => {
  const missing = !existsSync(path)
  const document: Document = missing ? { paths: {}, components: {} } : parse(readFileSync(path, 'utf8'))

  test.skipIf(missing).each(STATUSES)('a prediction that is %s', (status) => {
    expect(states[status].status).toBe(status)
    expectValid(document, schemaOf(document, 'predictions.get', '200', 'application/json'), states[status])
  })

  test.skipIf(missing).each(successes)('the answer of %s with %i', async (operationId, status, send) => {
    const response = await send()
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toMatch(/^application\/json(;|$)/)
    expectValid(document, schemaOf(document, operationId, String(status), 'application/json'), await response.json())
  })

  test.skipIf(missing).each(failures)('the refusal of %s with %i', async (operationId, status, send) => {
    const response = await send()
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    // Of all refusals Replicate describes only those of files, and search.
    const schema =
      path === OURS
        ? schemaOf(document, operationId, '4XX', 'application/problem+json')
        : schemaOf(document, 'files.get', '404', 'application/problem+json')
    expectValid(document, schema, await response.json())
  })
})
