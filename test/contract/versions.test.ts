/** Versions of models over the API: they are listed, and deleted with all that was made with them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Static } from '@sinclair/typebox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Problem } from '../../src/http/problem.ts'
import type { WireVersion } from '../../src/models/schema.ts'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { type CallAs, callAs, pushPackage } from '../support/accounts.ts'
import { eventually } from '../support/eventually.ts'
import { echo } from '../support/packages.ts'
import { foldersIn } from '../support/prediction-folders.ts'
import { FIXTURE_MODELS, startServer, type TestServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'
import { waitingRun } from '../support/waits.ts'
import { bodyOf } from '../support/wire.ts'

type Version = Static<typeof WireVersion>

const FORBIDDEN = { detail: 'You do not have permission to perform this action.', status: 403 }
const NOT_FOUND = { detail: 'The requested resource could not be found', status: 404 }
const fixture = (name: string) => ({
  'predict.ts': readFileSync(join(FIXTURE_MODELS, 'test', name, 'predict.ts'), 'utf8'),
})

const dataDir = makeFolder()
const settings = {
  BUNDLED_MODELS: 'off',
  MODELS_DIR: someModels('tokens'),
  DATA_DIR: dataDir,
  API_TOKENS: 'alice:a,bob:b,olga:o',
  OPERATORS: 'olga',
  PUSH_CODE: 'on',
}
let server: TestServer
let alice: CallAs
let bob: CallAs
let olga: CallAs
beforeAll(async () => {
  server = await startServer(settings)
  ;[alice, bob, olga] = [callAs(server, 'a'), callAs(server, 'b'), callAs(server, 'o')]
})
afterAll(async () => {
  await server.close()
  removeFolder(dataDir)
})

/** A private model of alice with a version for each text, the oldest first. */
async function modelWith(name: string, ...files: Record<string, string>[]): Promise<{ path: string; ids: string[] }> {
  const ids: string[] = []
  for (const one of files) ids.push(await pushPackage(server, `alice/${name}`, one, 'o'))
  return { path: `/v1/models/alice/${name}/versions`, ids }
}

const codeOf = (...words: string[]) => words.map((word) => ({ 'predict.ts': echo(word) }))
const list = async (path: string, call = alice) =>
  (await bodyOf<{ results: Version[] }>(call('GET', path))).results.map(({ id }) => id)

async function runVersion(version: string | undefined, input: object, call = alice): Promise<WirePrediction> {
  const created = await bodyOf(call('POST', '/v1/predictions', { version, input }))
  return eventually(async () => {
    const prediction = await bodyOf(call('GET', `/v1/predictions/${created.id}`))
    expect(prediction.status).toBe('succeeded')
    return prediction
  })
}

async function refusalOf(answer: Promise<Response>): Promise<Problem> {
  const response = await answer
  const problem = await bodyOf<Problem>(response)
  expect(problem.status).toBe(response.status)
  return problem
}

const statusOf = async (path: string, call = alice) => (await call('GET', path)).status

/** Asks for the deletion, which is taken. */
async function remove(path: string, call = alice): Promise<void> {
  const response = await call('DELETE', path)
  expect(response.status, await response.clone().text()).toBe(202)
  expect(await response.text()).toBe('')
}

describe('the versions of a model', () => {
  test('are listed newest first, all on one page, and can be got one by one', async () => {
    const { path, ids } = await modelWith('listed', ...codeOf('one', 'two', 'three'))
    const page = await bodyOf<{ next: null; previous: null; results: Version[] }>(alice('GET', path))
    expect(page).toMatchObject({ next: null, previous: null })
    expect(page.results.map(({ id }) => id)).toEqual(ids.toReversed())
    for (const version of page.results) {
      expect(await bodyOf<Version>(alice('GET', `${path}/${version.id}`))).toEqual(version)
      expect(version).toEqual({
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        created_at: expect.stringMatching(/Z$/),
        cog_version: '0.16.7',
        openapi_schema: expect.objectContaining({ components: expect.anything() }),
      })
    }
  })

  test('are none at first', async () => {
    const fields = { owner: 'alice', name: 'empty', visibility: 'public', hardware: 'cpu' }
    await alice('POST', '/v1/models', fields)
    expect(await bodyOf(bob('GET', '/v1/models/alice/empty/versions'))).toEqual({
      next: null,
      previous: null,
      results: [],
    })
  })

  test('of another model are not found under this one', async () => {
    const [one, other] = [await modelWith('one', ...codeOf('x1')), await modelWith('other', ...codeOf('x2'))]
    for (const id of [other.ids[0], 'unknown', '0'.repeat(64), 'x'.repeat(900)])
      for (const method of ['GET', 'DELETE'])
        expect(await refusalOf(alice(method, `${one.path}/${id}`))).toEqual(NOT_FOUND)
    expect(await list(other.path)).toEqual(other.ids)
  })
})

describe('DELETE of a version', () => {
  test('takes it away at once, and then its predictions and their files; others stay', async () => {
    const files = fixture('makes-files')
    const { path, ids } = await modelWith('makes', files, { ...files, 'note.txt': 'The second' })
    const [kept, gone] = [await runVersion(ids[0], { shape: 'array' }), await runVersion(ids[1], { shape: 'array' })]
    const fromOthers = await runVersion(ids[1], { content: 'x'.repeat(100_000) }, olga)
    expect(foldersIn(dataDir)).toEqual(expect.arrayContaining([gone.id, fromOthers.id]))
    await remove(`${path}/${ids[1]}`)
    expect(await statusOf(`${path}/${ids[1]}`)).toBe(404)
    expect(await list(path)).toEqual([ids[0]])
    expect(await bodyOf(alice('GET', '/v1/models/alice/makes'))).toMatchObject({ latest_version: { id: ids[0] } })
    for (const version of [ids[1], `alice/makes:${ids[1]}`])
      expect(await refusalOf(alice('POST', '/v1/predictions', { version, input: {} }))).toMatchObject({
        status: 422,
        title: 'Invalid version or not permitted',
      })
    await eventually(async () => expect(await statusOf(`/v1/predictions/${gone.id}`)).toBe(404))
    await eventually(async () => expect(await statusOf(`/v1/predictions/${fromOthers.id}`, olga)).toBe(404))
    await eventually(() => {
      expect(foldersIn(dataDir)).not.toContain(gone.id)
      expect(foldersIn(dataDir)).not.toContain(fromOthers.id)
    })
    for (const url of [gone.output].flat().map(String)) expect((await fetch(url)).status).toBe(404)
    expect(await bodyOf(alice('GET', `/v1/predictions/${kept.id}`))).toEqual(kept)
    for (const url of [kept.output].flat().map(String)) expect((await fetch(url)).status).toBe(200)
    const { results } = await bodyOf<{ results: WirePrediction[] }>(alice('GET', '/v1/predictions'))
    expect(results.map(({ id }) => id)).toContain(kept.id)
    expect(results.map(({ id }) => id)).not.toContain(gone.id)
  })

  test('cancels what runs and what waits first, and tells those who wait for it', async () => {
    const { path, ids } = await modelWith('busy', fixture('waits'))
    const run = waitingRun('busy')
    const body = { version: ids[0], input: run.input }
    const waiting = server.call('POST', '/v1/predictions', {
      body,
      headers: { authorization: 'Bearer a', prefer: 'wait' },
    })
    await run.started()
    const queued = await bodyOf(alice('POST', '/v1/predictions', body))
    await remove(`${path}/${ids[0]}`)
    expect(await bodyOf(waiting)).toMatchObject({ status: 'canceled' })
    await run.canceled()
    await eventually(async () => expect(await statusOf(`/v1/predictions/${queued.id}`)).toBe(404))
    expect(await list(path)).toEqual([])
    expect(await bodyOf(alice('GET', '/v1/models/alice/busy'))).toMatchObject({ latest_version: null })
    expect(await refusalOf(alice('POST', '/v1/models/alice/busy/predictions', { input: run.input }))).toMatchObject({
      status: 404,
      detail: expect.stringContaining('has no version yet'),
    })
  })

  test('of the present one leaves the newest of the others', async () => {
    const { path, ids } = await modelWith('falls', ...codeOf('f1', 'f2', 'f3'))
    // What was pushed last is the present one, though others are newer.
    await pushPackage(server, 'alice/falls', { 'predict.ts': echo('f1') }, 'o')
    const present = async () =>
      (await bodyOf<{ latest_version: Version | null }>(alice('GET', '/v1/models/alice/falls'))).latest_version?.id
    expect(await present()).toBe(ids[0])
    await remove(`${path}/${ids[1]}`)
    expect(await present()).toBe(ids[0])
    await remove(`${path}/${ids[0]}`)
    expect(await present()).toBe(ids[2])
    await remove(`${path}/${ids[2]}`)
    expect(await present()).toBeUndefined()
  })

  test('and the same content pushed again make it anew', async () => {
    const { path, ids } = await modelWith('again', ...codeOf('again'))
    const before = await runVersion(ids[0], { text: 'before' })
    await remove(`${path}/${ids[0]}`)
    await eventually(async () => expect(await statusOf(`/v1/predictions/${before.id}`)).toBe(404))
    // Refused while the rest of it is being taken away.
    const again = () => pushPackage(server, 'alice/again', { 'predict.ts': echo('again') }, 'o')
    expect(await eventually(again)).toBe(ids[0])
    expect(await runVersion(ids[0], { text: 'after' })).toMatchObject({ output: 'again after' })
  })

  test('is refused while the model is public', async () => {
    const { path, ids } = await modelWith('public', ...codeOf('public'))
    await alice('PATCH', '/v1/models/alice/public', { visibility: 'public' })
    expect(await refusalOf(alice('DELETE', `${path}/${ids[0]}`))).toEqual({
      detail: expect.stringMatching(/^alice\/public is public, .*make it private first$/),
      status: 422,
    })
    expect(await list(path)).toEqual(ids)
  })

  test('is refused while a deployment runs it, whosever that is', async () => {
    const { path, ids } = await modelWith('deployed', ...codeOf('d1', 'd2'))
    const instances = { hardware: 'cpu', min_instances: 0, max_instances: 1 }
    const deployment = { name: 'keeps', model: 'alice/deployed', version: ids[0], ...instances }
    expect((await olga('POST', '/v1/deployments', deployment)).status).toBe(200)
    expect(await refusalOf(alice('DELETE', `${path}/${ids[0]}`))).toEqual({
      detail: 'The version cannot be deleted: a deployment runs it; update that with another first',
      status: 422,
    })
    await remove(`${path}/${ids[1]}`)
    await olga('PATCH', '/v1/deployments/olga/keeps', {
      version: await pushPackage(server, 'alice/deployed', { 'predict.ts': echo('d3') }, 'o'),
    })
    await remove(`${path}/${ids[0]}`)
  })

  test('is for the owner and for operators', async () => {
    const { path, ids } = await modelWith('owned', ...codeOf('o1', 'o2'))
    expect(await refusalOf(bob('DELETE', `${path}/${ids[0]}`))).toEqual(NOT_FOUND)
    await alice('PATCH', '/v1/models/alice/owned', { visibility: 'public' })
    expect(await refusalOf(bob('DELETE', `${path}/${ids[0]}`))).toEqual(FORBIDDEN)
    await alice('PATCH', '/v1/models/alice/owned', { visibility: 'private' })
    await remove(`${path}/${ids[0]}`, olga)
    await remove(`${path}/${ids[1]}`)
  })

  test('of a package is refused with the reason, also to operators', async () => {
    const path = '/v1/models/test/tokens/versions'
    const [id] = await list(path)
    for (const call of [bob, olga])
      expect(await refusalOf(call('DELETE', `${path}/${id}`))).toEqual({
        detail: 'test/tokens lies in a folder of the server, and is changed only there, by its operator',
        status: 403,
      })
    expect(await list(path)).toEqual([id])
  })

  test('twice at once is taken once', async () => {
    const { path, ids } = await modelWith('twice', ...codeOf('twice'))
    const answers = await Promise.all([1, 2, 3].map(() => alice('DELETE', `${path}/${ids[0]}`)))
    for (const { status } of answers) expect(status).toBeOneOf([202, 404])
    expect(answers.map(({ status }) => status)).toContain(202)
  })
})
