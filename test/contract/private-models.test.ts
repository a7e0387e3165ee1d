/** Private models: for all but their owner and operators, they are as if they were not there. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Problem } from '../../src/http/problem.ts'
import { type CallAs, callAs, pushPackage } from '../support/accounts.ts'
import { echo, writeFiles } from '../support/packages.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'
import { bodyOf } from '../support/wire.ts'

interface Page {
  results: { id: string; owner: string; name: string }[]
}

/** A word that stands in all that is told of the private models, and nowhere else. */
const WORD = 'zirconium'
const ABSENT = 'alice/absent'
const UNKNOWN = '0'.repeat(64)

const modelsDir = makeFolder()
let server: TestServer
let alice: CallAs
let bob: CallAs
let olga: CallAs
/** Private models of alice with their versions: made by a push, and of a folder of the server. */
const models = new Map<string, string>()
beforeAll(async () => {
  const about = {
    'README.md': `# ${WORD}`,
    'cover.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'examples/one.json': '{"input": {"text": "one"}}',
  }
  const files = { ...about, 'predict.ts': echo('private'), 'model.yaml': `description: ${WORD}\nvisibility: private` }
  writeFiles(
    modelsDir,
    Object.fromEntries(Object.entries(files).map(([path, content]) => [`alice/boxed/${path}`, content])),
  )
  writeFiles(modelsDir, {
    'shop/open/predict.ts': echo('open'),
    'collections.yaml': `
- slug: ${WORD}-and-more
  name: Some
  description: Some models
  models: [alice/boxed, shop/open, alice/pushed]`,
  })
  server = await startServer({
    BUNDLED_MODELS: 'off',
    MODELS_DIR: modelsDir,
    API_TOKENS: 'alice:a,bob:b,olga:o',
    OPERATORS: 'olga',
    PUSH_CODE: 'on',
  })
  ;[alice, bob, olga] = [callAs(server, 'a'), callAs(server, 'b'), callAs(server, 'o')]
  models.set('alice/pushed', await pushPackage(server, 'alice/pushed', files, 'o'))
  const boxed = await bodyOf<{ latest_version: { id: string } }>(alice('GET', '/v1/models/alice/boxed'))
  models.set('alice/boxed', boxed.latest_version.id)
})
afterAll(async () => {
  await server.close()
  removeFolder(modelsDir)
})

type Ask = (call: CallAs, model: string, version: string) => Promise<Response>

const INPUT = { input: { text: 'hello' } }
const DEPLOYMENT = { hardware: 'cpu', min_instances: 0, max_instances: 1 }
const create = (call: CallAs, version: string) => call('POST', '/v1/predictions', { version, ...INPUT })

/** Ways to come to a model, with how the owner and operators are answered. */
const ways: [what: string, own: number, other: number, ask: Ask][] = [
  ['get', 200, 404, (call, model) => call('GET', `/v1/models/${model}`)],
  ['create by model', 201, 404, (call, model) => call('POST', `/v1/models/${model}/predictions`, INPUT)],
  ['create by the name as a version', 201, 422, (call, model) => create(call, model)],
  ['create by the id of a version', 201, 422, (call, _model, version) => create(call, version)],
  ['create by name and id', 201, 422, (call, model, version) => create(call, `${model}:${version}`)],
  ['the versions', 200, 404, (call, model) => call('GET', `/v1/models/${model}/versions`)],
  ['a version', 200, 404, (call, model, version) => call('GET', `/v1/models/${model}/versions/${version}`)],
  ['the README', 200, 404, (call, model) => call('GET', `/v1/models/${model}/readme`)],
  ['the examples', 200, 404, (call, model) => call('GET', `/v1/models/${model}/examples`)],
]

/** Ways to change it; who may not see it hears the same as of a model that is not there. */
const changes: [what: string, ask: Ask][] = [
  ['update', (call, model) => call('PATCH', `/v1/models/${model}`, { description: 'x' })],
  ['delete', (call, model) => call('DELETE', `/v1/models/${model}`)],
  ['delete of a version', (call, model, version) => call('DELETE', `/v1/models/${model}/versions/${version}`)],
  ['create', (call, model) => call('POST', '/v1/models', newModel(model))],
  [
    'deployment',
    (call, model, version) => call('POST', '/v1/deployments', { name: 'app', model, version, ...DEPLOYMENT }),
  ],
]

function newModel(model: string) {
  const [owner, name] = model.split('/')
  return { owner, name, visibility: 'public', hardware: 'cpu' }
}

/** All that a client can tell an answer from others by; the name that was asked for is no news. */
async function tellOf(answer: Promise<Response>, model: string, version: string): Promise<unknown> {
  const response = await answer
  const text = await response.text()
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    text: text
      .replaceAll(model, 'MODEL')
      .replaceAll(model.split('/')[1] ?? '', 'NAME')
      .replaceAll(version, 'VERSION'),
  }
}

describe.each(['alice/pushed', 'alice/boxed'])('%s', (model) => {
  const version = () => models.get(model) ?? expect.fail('There is no version')

  test.each(ways)('%s is answered to the owner and to operators', async (_what, own, _other, ask) => {
    for (const call of [alice, olga]) {
      const response = await ask(call, model, version())
      expect(response.status, await response.text()).toBe(own)
    }
  })

  test.each(ways)('%s is answered to others as if there were none', async (_what, _own, other, ask) => {
    const [here, absent] = [ask(bob, model, version()), ask(bob, ABSENT, UNKNOWN)]
    expect((await here.then((response) => response.clone())).status).toBe(other)
    expect(await tellOf(here, model, version())).toEqual(await tellOf(absent, ABSENT, UNKNOWN))
  })

  test.each(changes)('%s by others is refused as if there were none', async (_what, ask) => {
    const here = await tellOf(ask(bob, model, version()), model, version())
    expect(here).toEqual(await tellOf(ask(bob, ABSENT, UNKNOWN), ABSENT, UNKNOWN))
    expect(here).toMatchObject({ status: expect.toBeOneOf([403, 404, 415, 422]) })
  })

  test('it is in the lists of its owner and of operators alone', async () => {
    const nameOf = ({ owner, name }: { owner: string; name: string }) => `${owner}/${name}`
    const lists: [what: string, names: (call: CallAs) => Promise<string[]>][] = [
      ['list', async (call) => (await bodyOf<Page>(call('GET', '/v1/models'))).results.map(nameOf)],
      ['QUERY', async (call) => (await bodyOf<Page>(call('QUERY', '/v1/models', WORD))).results.map(nameOf)],
      [
        'search',
        async (call) =>
          (
            await bodyOf<{ models: { model: { owner: string; name: string } }[] }>(
              call('GET', `/v1/search?query=${WORD}`),
            )
          ).models.map(({ model: found }) => nameOf(found)),
      ],
      [
        'collections of search',
        async (call) =>
          (
            await bodyOf<{ collections: { models: string[] }[] }>(call('GET', `/v1/search?query=${WORD}`))
          ).collections.flatMap(({ models: names }) => names),
      ],
      [
        'a collection',
        async (call) =>
          (
            await bodyOf<{ models: { owner: string; name: string }[] }>(call('GET', `/v1/collections/${WORD}-and-more`))
          ).models.map(nameOf),
      ],
    ]
    for (const [what, names] of lists) {
      for (const call of [alice, olga]) expect(await names(call), what).toContain(model)
      expect(await names(bob), what).not.toContain(model)
    }
  })

  test('its cover image opens for whoever was given the link', async () => {
    const { cover_image_url: url } = await bodyOf<{ cover_image_url: string }>(alice('GET', `/v1/models/${model}`))
    expect((await fetch(url)).status).toBe(200)
    expect((await fetch(url.split('?')[0] ?? '')).status).toBe(404)
  })

  test('a prediction of it belongs to who asked for it', async () => {
    const created = await bodyOf(create(olga, version()))
    expect((await olga('GET', `/v1/predictions/${created.id}`)).status).toBe(200)
    for (const call of [alice, bob]) expect((await call('GET', `/v1/predictions/${created.id}`)).status).toBe(404)
  })
})

test('a model that is made private is gone for others at once, and there again when it is made public', async () => {
  const version = await pushPackage(server, 'alice/turns', { 'predict.ts': echo('turns') }, 'o')
  const turn = (visibility: string) => alice('PATCH', '/v1/models/alice/turns', { visibility })
  const seen = async () => [
    (await bob('GET', '/v1/models/alice/turns')).status,
    (await create(bob, version)).status,
    (await bob('POST', '/v1/models/alice/turns/predictions', INPUT)).status,
  ]
  expect(await seen()).toEqual([404, 422, 404])
  await turn('public')
  expect(await seen()).toEqual([200, 201, 201])
  const mine = await bodyOf(create(bob, version))
  await turn('private')
  expect(await seen()).toEqual([404, 422, 404])
  // What was asked for while it could be seen stays who asked for it.
  expect((await bob('GET', `/v1/predictions/${mine.id}`)).status).toBe(200)
})

test('a model without a version cannot be run, which its owner is told and others are not', async () => {
  await alice('POST', '/v1/models', { ...newModel('alice/bare'), visibility: 'private' })
  const path = '/v1/models/alice/bare/predictions'
  const problem = await bodyOf<Problem>(alice('POST', path, INPUT))
  expect(problem).toEqual({ detail: 'The model alice/bare has no version yet; push or train one', status: 404 })
  expect(await bodyOf<Problem>(bob('POST', path, INPUT))).toEqual({
    detail: 'The requested resource could not be found',
    status: 404,
  })
  expect((await create(alice, 'alice/bare')).status).toBe(422)
})

test('without a token there is nothing at all', async () => {
  for (const path of ['/v1/models', '/v1/models/shop/open', '/v1/search?query=x', '/v1/collections'])
    expect((await server.call('GET', path)).status).toBe(401)
})
