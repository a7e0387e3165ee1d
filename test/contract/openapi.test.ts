import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { openapiDocument } from '../../scripts/openapi-document.ts'
import { STATUSES, type Status } from '../../src/predictions/prediction.ts'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { pushPackage } from '../support/accounts.ts'
import { HurryingClock } from '../support/clock.ts'
import { echo, writeFiles } from '../support/packages.ts'
import { FIXTURE_MODELS, startServer, type TestServer } from '../support/server.ts'
import { predictionsInEveryState } from '../support/states.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'
import { endOfTraining, postTraining, TRAINERS, train } from '../support/trainings.ts'
import { bodyOf } from '../support/wire.ts'

const OURS = fileURLToPath(new URL('../../openapi.yaml', import.meta.url))
const REPLICATES = fileURLToPath(new URL('../../../shared/reference/replicate-openapi.yaml', import.meta.url))

const clock = new HurryingClock()
const modelsDir = makeFolder()
let server: TestServer
let guarded: TestServer
let states: Record<Status, WirePrediction>
let training: string
beforeAll(async () => {
  for (const name of ['every-type', 'tokens', 'waits'])
    cpSync(join(FIXTURE_MODELS, 'test', name), join(modelsDir, 'test', name), { recursive: true })
  cpSync(join(TRAINERS, 'test/counts-words'), join(modelsDir, 'test/counts-words'), { recursive: true })
  writeFiles(modelsDir, {
    'test/shown/predict.ts': echo(),
    'test/shown/README.md': '# Shown',
    'test/shown/examples/1.json': '{"input":{"text":"shown"}}',
    'collections.yaml': '- { slug: some, name: Some, description: Some of them, models: [test/shown, test/waits] }',
  })
  const started = await Promise.all([
    startServer({ BUNDLED_MODELS: 'off', MODELS_DIR: modelsDir }, { clock }),
    startServer({ BUNDLED_MODELS: 'off', MODELS_DIR: '/nowhere', API_TOKENS: 'alice:r8_alice' }),
  ])
  server = started[0]
  guarded = started[1]
  states = await predictionsInEveryState(server, clock)
  await deploy('app')
  await makeModel('made')
  await makeModel('words')
  training = (await train(server, 'test/counts-words', TRAINING)).id
  expect(await endOfTraining(server, training)).toMatchObject({ status: 'succeeded' })
})
afterAll(async () => {
  await Promise.all([server.close(), guarded.close()])
  removeFolder(modelsDir)
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

test.skipIf(!existsSync(REPLICATES))("each operation of Replicate's document is answered, and tried here", () => {
  const tried = [...successes, ...withoutBody, ...texts].map(([operationId]) => operationId)
  expect(operationsOf(REPLICATES).filter((id) => !tried.includes(id))).toEqual([])
  const answered = operationsOf(OURS)
  expect(operationsOf(REPLICATES).filter((id) => !answered.includes(id))).toEqual([])
})

function operationsOf(path: string): string[] {
  const document: Document = parse(readFileSync(path, 'utf8'))
  return Object.values(document.paths)
    .flatMap((operations) => Object.values(operations))
    .flatMap(({ operationId }) => operationId ?? [])
}

interface Operation {
  operationId?: string
  responses: Record<string, { content?: Record<string, { schema: object }> }>
}

function answerOf(document: Document, operationId: string, status: string) {
  const operation = Object.values(document.paths)
    .flatMap((path) => Object.values(path))
    .find((candidate) => candidate.operationId === operationId)
  return operation?.responses[status]
}

/** What a document says about an answer of an operation; media types go by their exact name. */
function schemaOf(document: Document, operationId: string, status: string, mediaType: string): object {
  const schema = answerOf(document, operationId, status)?.content?.[mediaType]?.schema
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
  ['trainings.create', 201, () => postTraining(server, 'test/counts-words', TRAINING)],
  ['trainings.get', 200, () => server.call('GET', `/v1/trainings/${training}`)],
  ['trainings.cancel', 200, () => server.call('POST', `/v1/trainings/${training}/cancel`)],
  ['trainings.list', 200, () => server.call('GET', '/v1/trainings')],
  ['models.list', 200, () => server.call('GET', '/v1/models')],
  ['models.create', 201, () => makeModel(`created-${++created}`)],
  ['models.update', 200, () => server.call('PATCH', '/v1/models/local/made', { body: { description: null } })],
  ['models.examples.list', 200, () => server.call('GET', '/v1/models/test/shown/examples')],
  ['models.get', 200, () => server.call('GET', '/v1/models/test/shown')],
  ['collections.list', 200, () => server.call('GET', '/v1/collections')],
  ['collections.get', 200, () => server.call('GET', '/v1/collections/some')],
  ['search', 200, () => server.call('GET', '/v1/search?query=some')],
  ['search', 200, () => server.call('GET', '/v1/search?query=every&limit=1')],
  ['files.create', 201, () => upload()],
  ['files.list', 200, () => server.call('GET', '/v1/files')],
  ['files.get', 200, async () => server.call('GET', `/v1/files/${(await fileOf(upload())).id}`)],
  ['hardware.list', 200, () => server.call('GET', '/v1/hardware')],
  ['webhooks.default.secret.get', 200, () => server.call('GET', '/v1/webhooks/default/secret')],
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

/** What is answered with a status alone. */
const withoutBody: Call[] = [
  ['files.delete', 204, async () => server.call('DELETE', `/v1/files/${(await fileOf(upload())).id}`)],
  ['models.delete', 204, async () => server.call('DELETE', `/v1/models/local/${await privateModel()}`)],
  [
    'models.versions.delete',
    202,
    async () => {
      const name = await privateModel()
      const version = await pushPackage(server, `local/${name}`, { 'predict.ts': echo(name) })
      return server.call('DELETE', `/v1/models/local/${name}/versions/${version}`)
    },
  ],
  [
    'deployments.delete',
    204,
    async () => {
      const { name } = await bodyOf<{ name: string }>(deploy(`deleted-${++created}`))
      return server.call('DELETE', `/v1/deployments/local/${name}`)
    },
  ],
]

/** What is answered with something else than JSON. */
const texts: [...Call, mediaType: string][] = [
  ['models.readme.get', 200, () => server.call('GET', '/v1/models/test/shown/readme'), 'text/plain'],
  ['files.download', 200, () => download(), 'application/octet-stream'],
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
const TRAINING = { destination: 'local/words', input: { text: 'data:,a%20b' } }
const LONG = { input: { count: 1, pause_ms: 2_000 } }

function create(body: object, prefer = ''): Promise<Response> {
  return server.call('POST', '/v1/predictions', { body: { ...INPUT, ...body }, headers: { prefer } })
}

/** One for each document. */
let created = 0

function makeModel(name: string, visibility = 'public'): Promise<Response> {
  return server.call('POST', '/v1/models', { body: { owner: 'local', name, visibility, hardware: 'cpu' } })
}

async function privateModel(): Promise<string> {
  const name = `private-${++created}`
  expect((await makeModel(name, 'private')).status).toBe(201)
  return name
}

function upload(): Promise<Response> {
  const form = new FormData()
  form.append('content', new Blob(['hello']), 'hello.bin')
  return fetch(`${server.address}/v1/files`, { method: 'POST', body: form })
}

const fileOf = (response: Promise<Response>) => bodyOf<{ id: string }>(response)

async function download(): Promise<Response> {
  const { urls } = await bodyOf<{ urls: { download: string } }>(upload())
  return fetch(urls.download)
}

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

  test.skipIf(missing).each(withoutBody)(
    'the answer of %s with %i, which has no body',
    async (operationId, status, send) => {
      const response = await send()
      expect(response.status).toBe(status)
      expect(await response.text()).toBe('')
      expect(response.headers.get('content-type')).toBeNull()
      expect(answerOf(document, operationId, String(status))?.content).toBeUndefined()
    },
  )

  test.skipIf(missing).each(texts)('the answer of %s with %i', async (operationId, status, send, mediaType) => {
    const response = await send()
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')?.split(';')[0]).toBe(mediaType)
    expect(await response.text()).not.toBe('')
    expect(schemaOf(document, operationId, String(status), mediaType)).toMatchObject({ type: 'string' })
  })

  test.skipIf(missing)('the refusal of a search without a query', async () => {
    const response = await server.call('GET', '/v1/search')
    expect(response.status).toBe(400)
    expectValid(document, schemaOf(document, 'search', '400', 'application/json'), await response.json())
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
