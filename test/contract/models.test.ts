/** Models over the API: they are made, changed, listed and deleted. */
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Static } from '@sinclair/typebox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Problem } from '../../src/http/problem.ts'
import type { WireModel } from '../../src/models/schema.ts'
import { type CallAs, callAs, pushPackage } from '../support/accounts.ts'
import { eventually } from '../support/eventually.ts'
import { echo, writeFiles } from '../support/packages.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'
import { bodyOf } from '../support/wire.ts'

type Model = Static<typeof WireModel>
interface ModelPage {
  next: string | null
  previous: string | null
  results: Model[]
}

const NOT_FOUND = { detail: 'The requested resource could not be found', status: 404 }
const FORBIDDEN = { detail: 'You do not have permission to perform this action.', status: 403 }
const README = '# Ähnlich\n\nSays „so“ 🎈'
/** The first bytes of any PNG. */
const PICTURE = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')

const dataDir = makeFolder()
const modelsDir = makeFolder()
const settings = {
  BUNDLED_MODELS: 'off',
  MODELS_DIR: modelsDir,
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
  writeFiles(modelsDir, {
    'shop/open/predict.ts': echo(),
    'shop/open/README.md': README,
    'shop/open/cover.png': PICTURE,
    'shop/open/model.yaml': 'description: On the shelf',
    'shop/goes/predict.ts': echo('goes'),
    'shop/goes/cover.png': PICTURE,
  })
  await restart()
})
afterAll(async () => {
  await server.close()
  for (const dir of [dataDir, modelsDir]) removeFolder(dir)
})

async function restart(): Promise<void> {
  await server?.close()
  server = await startServer(settings)
  ;[alice, bob, olga] = [callAs(server, 'a'), callAs(server, 'b'), callAs(server, 'o')]
}

const fields = (name: string, changed: object = {}) => ({
  owner: 'alice',
  name,
  visibility: 'public',
  hardware: 'cpu',
  ...changed,
})

async function make(name: string, changed: object = {}): Promise<Model> {
  const response = await alice('POST', '/v1/models', fields(name, changed))
  expect(response.status, await response.clone().text()).toBe(201)
  return bodyOf(response)
}

const get = (name: string, call = alice) => bodyOf<Model>(call('GET', `/v1/models/${name}`))

async function refusalOf(answer: Promise<Response>): Promise<Problem> {
  const response = await answer
  const problem = await bodyOf<Problem>(response)
  expect(problem.status, JSON.stringify(problem)).toBe(response.status)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  return problem
}

describe('POST /v1/models', () => {
  test('makes a model, which is told with all of its fields and is the same after a restart', async () => {
    const told = {
      description: 'Tells dogs from others',
      github_url: 'https://github.com/alice/dogs',
      paper_url: 'https://arxiv.org/abs/2504.17639',
      license_url: 'https://choosealicense.com/licenses/mit/',
      cover_image_url: 'https://images.example/dog.png',
    }
    const model = await make('dogs', told)
    expect(model).toEqual({
      url: `${server.address}/alice/dogs`,
      owner: 'alice',
      name: 'dogs',
      visibility: 'public',
      is_official: false,
      ...told,
      weights_url: null,
      run_count: 0,
      default_example: null,
      latest_version: null,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    })
    expect(await get('alice/dogs', bob)).toEqual(model)
    await restart()
    expect(await get('alice/dogs', bob)).toEqual({ ...model, url: `${server.address}/alice/dogs` })
  })

  test('takes null for what is not told', async () => {
    expect(await make('untold', { description: null, github_url: null, cover_image_url: null })).toMatchObject({
      description: null,
      github_url: null,
      cover_image_url: null,
    })
  })

  test.each<[what: string, body: unknown, invalid: [type: string, field: string, description: string][]]>([
    ['nothing', {}, ['owner', 'name', 'visibility', 'hardware'].map((name) => ['required', '', `${name} is required`])],
    ['a list', [], [['invalid_type', '', 'Invalid type. Expected: object, given: array']]],
    ['null', null, [['invalid_type', '', 'Invalid type. Expected: object, given: null']]],
    [
      'no visibility that there is',
      fields('wrong', { visibility: 'secret' }),
      [['enum', 'visibility', 'visibility must be one of the following: "public", "private"']],
    ],
    [
      'wrong types',
      fields('wrong', { name: 5, hardware: null, description: ['x'] }),
      [
        ['invalid_type', 'name', 'Invalid type. Expected: string, given: integer'],
        ['invalid_type', 'hardware', 'Invalid type. Expected: string, given: null'],
        ['invalid_type', 'description', 'Invalid type. Expected: string, null, given: array'],
      ],
    ],
    [
      'a key that is none',
      fields('wrong', { colour: 'red' }),
      [['additional_property_not_allowed', '', 'Additional property colour is not allowed']],
    ],
    [
      'a README, which is told later',
      fields('wrong', { readme: '# Wrong' }),
      [['additional_property_not_allowed', '', 'Additional property readme is not allowed']],
    ],
    [
      'a description that never ends',
      fields('wrong', { description: 'x'.repeat(10_001) }),
      [['string_lte', 'description', 'String length must be less than or equal to 10000']],
    ],
  ])('with %s is refused, every rule told at once', async (_what, body, invalid) => {
    const problem = await refusalOf(alice('POST', '/v1/models', JSON.stringify(body)))
    const told = invalid.map(([type, field, description]) => ({ type, field, description }))
    expect(problem).toMatchObject({ status: 422, title: 'Input validation failed' })
    const byField = (a: { field: string }, b: { field: string }) => a.field.localeCompare(b.field)
    expect(problem.invalid_fields?.toSorted(byField)).toEqual(told.toSorted(byField))
    for (const { field, description } of told)
      expect(problem.detail).toContain(`- ${field && `${field}: `}${description}\n`)
    expect((await alice('GET', '/v1/models/alice/wrong')).status).toBe(404)
  })

  test.each(['', '..', '.hidden', 'with space', 'a/b', 'a%2fb', 'ä', 'x'.repeat(101), '-dash'])(
    'with the name "%s" is refused',
    async (name) => {
      expect(await refusalOf(alice('POST', '/v1/models', fields(name)))).toMatchObject({
        status: 422,
        invalid_fields: [{ type: 'pattern', field: 'name', description: expect.stringMatching(/^Must be letters/) }],
      })
    },
  )

  test('with a name that is taken is refused, and the model stays as it was', async () => {
    const model = await make('taken', { description: 'The first' })
    const refused = await refusalOf(alice('POST', '/v1/models', fields('taken')))
    expect(refused).toEqual({ detail: 'A model named alice/taken exists already', status: 422 })
    expect(await get('alice/taken')).toEqual(model)
  })

  test('with the same name at the same time makes one', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => alice('POST', '/v1/models', fields('race'))))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 422, 422, 422, 422])
  })

  test('in the name of another account is refused, unless an operator does it', async () => {
    expect(await refusalOf(bob('POST', '/v1/models', fields('by-bob')))).toEqual(FORBIDDEN)
    expect(await refusalOf(alice('POST', '/v1/models', fields('x', { owner: 'shop' })))).toEqual(FORBIDDEN)
    expect((await olga('POST', '/v1/models', fields('by-olga'))).status).toBe(201)
    expect(await get('alice/by-olga')).toMatchObject({ owner: 'alice' })
  })

  test('with the name of a package is refused with the reason', async () => {
    const refused = await refusalOf(olga('POST', '/v1/models', fields('open', { owner: 'shop' })))
    expect(refused).toEqual({
      detail: expect.stringMatching(/^shop\/open lies in a folder of the server/),
      status: 403,
    })
  })
})

describe('GET /v1/models', () => {
  const names = Array.from({ length: 30 }, (_, i) => `many-${String(i).padStart(2, '0')}`)
  const many = names.map((name) => `crowd/${name}`)
  let first: TestServer
  let call: CallAs
  beforeAll(async () => {
    first = await startServer({
      ...settings,
      DATA_DIR: join(makeFolder(), 'data'),
      MODELS_DIR: '/nowhere',
      API_TOKENS: 'crowd:c',
    })
    call = callAs(first, 'c')
    for (const name of names)
      expect((await call('POST', '/v1/models', fields(name, { owner: 'crowd' }))).status).toBe(201)
  })
  afterAll(async () => {
    await first.close()
    removeFolder(join(first.dataDir, '..'))
  })

  const nameOf = ({ owner, name }: Model) => `${owner}/${name}`
  const page = async (url: string) => {
    expect(url.startsWith(`${first.address}/v1/models`)).toBe(true)
    return bodyOf<ModelPage>(call('GET', url.slice(first.address.length)))
  }

  test.each([
    ['', many.toReversed()],
    ['?sort_direction=desc', many.toReversed()],
    ['?sort_by=model_created_at', many.toReversed()],
    ['?sort_by=model_created_at&sort_direction=asc', many],
    ['?sort_by=latest_version_created_at&sort_direction=asc', many],
  ])('%s gives pages of 25, there and back', async (query, expected) => {
    const one = await page(`${first.address}/v1/models${query}`)
    expect(one.previous).toBeNull()
    expect(one.results.map(nameOf)).toEqual(expected.slice(0, 25))
    const two = await page(String(one.next))
    expect(two.results.map(nameOf)).toEqual(expected.slice(25))
    expect(two.next).toBeNull()
    const back = await page(String(two.previous))
    expect(back.results).toEqual(one.results)
    expect(back.previous).toBeNull()
    expect(back.next).toBe(one.next)
    const [asked, kept] = [new URLSearchParams(query), new URL(String(one.next)).searchParams]
    for (const [key, value] of asked) expect(kept.get(key)).toBe(value)
    expect([...kept.keys()].sort()).toEqual([...asked.keys(), 'cursor'].sort())
  })

  test('a page goes on where the one before ended, whatever has come and gone', async () => {
    const one = await page(`${first.address}/v1/models?sort_by=model_created_at`)
    await call('PATCH', '/v1/models/crowd/many-05', { visibility: 'private' })
    expect((await call('DELETE', '/v1/models/crowd/many-05')).status).toBe(204)
    await call('POST', '/v1/models', fields('comes', { owner: 'crowd' }))
    const two = await page(String(one.next))
    expect(two.results.map(nameOf)).toEqual(many.slice(0, 5).toReversed())
    const back = await page(String(two.previous))
    expect(back.results.map(nameOf)).toEqual(['crowd/comes', ...many.slice(6).toReversed()])
    expect(back.previous).toBeNull()
  })

  test('a model with a newer version comes first, one without any last', async () => {
    for (const name of ['with-old', 'with-new']) await make(name)
    await pushPackage(server, 'alice/with-new', { 'predict.ts': echo('new') }, 'o')
    const listed = (await bodyOf<ModelPage>(alice('GET', '/v1/models'))).results.map(nameOf)
    expect(listed[0]).toBe('alice/with-new')
    expect(listed.indexOf('alice/with-old')).toBeGreaterThan(listed.indexOf('shop/open'))
  })

  test.each([
    [
      'sort_by=name',
      'sort_by',
      'sort_by must be one of the following: "latest_version_created_at", "model_created_at"',
    ],
    ['sort_direction=up', 'sort_direction', 'sort_direction must be one of the following: "asc", "desc"'],
  ])('?%s is refused', async (query, field, description) => {
    expect(await refusalOf(alice('GET', `/v1/models?${query}`))).toMatchObject({
      status: 422,
      invalid_fields: [{ type: 'enum', field, description }],
    })
  })

  test.each(['nonsense', 'cD1ub25lJmk9eA==', '%00'])('?cursor=%s is not found', async (cursor) => {
    expect(await refusalOf(alice('GET', `/v1/models?cursor=${cursor}`))).toEqual({
      detail: 'Invalid cursor',
      status: 404,
    })
  })
})

describe('PATCH /v1/models/{owner}/{name}', () => {
  test.each([
    ['description', 'Another'],
    ['github_url', 'https://github.com/alice/other'],
    ['paper_url', 'https://papers.example/1'],
    ['license_url', 'https://licenses.example/mit'],
    ['weights_url', 'https://weights.example/w'],
    ['cover_image_url', 'https://images.example/other.png'],
  ])('changes %s and nothing else; null takes it back', async (field, value) => {
    const before = await make(`patched-${field.replace('_', '-')}`)
    const path = `/v1/models/alice/${before.name}`
    const changed = await alice('PATCH', path, { [field]: value })
    expect(changed.status).toBe(200)
    expect(await bodyOf<Model>(changed)).toEqual({ ...before, [field]: value })
    expect(await get(`alice/${before.name}`)).toEqual({ ...before, [field]: value })
    expect(await bodyOf<Model>(alice('PATCH', path, { [field]: null }))).toEqual(before)
  })

  test('of many fields is kept over a restart', async () => {
    await make('kept', { description: 'Before' })
    const changes = { description: 'After', weights_url: 'https://weights.example/w', visibility: 'private' }
    await alice('PATCH', '/v1/models/alice/kept', { ...changes, readme: '# Kept' })
    await restart()
    expect(await get('alice/kept')).toMatchObject(changes)
    expect(await (await alice('GET', '/v1/models/alice/kept/readme')).text()).toBe('# Kept')
  })

  test('of nothing changes nothing', async () => {
    const before = await make('unchanged', { description: 'Same' })
    expect(await bodyOf<Model>(alice('PATCH', '/v1/models/alice/unchanged', {}))).toEqual(before)
  })

  test.each<[body: object, type: string, field: string]>([
    [{ description: 5 }, 'invalid_type', 'description'],
    [{ visibility: null }, 'invalid_type', 'visibility'],
    [{ visibility: 'hidden' }, 'enum', 'visibility'],
    [{ name: 'other' }, 'additional_property_not_allowed', ''],
  ])('with %j is refused', async (body, type, field) => {
    const problem = await refusalOf(alice('PATCH', '/v1/models/alice/dogs', body))
    expect(problem).toMatchObject({ status: 422, title: 'Input validation failed' })
    expect(problem.invalid_fields).toContainEqual(expect.objectContaining({ type, field }))
  })

  test('with a README of more than a mebibyte is refused', async () => {
    await make('long')
    const patch = (length: number) => alice('PATCH', '/v1/models/alice/long', { readme: 'x'.repeat(length) })
    expect(await refusalOf(patch(2 ** 20 + 1))).toMatchObject({
      status: 422,
      detail: '- readme: String length must be less than or equal to 1048576\n',
    })
    expect((await patch(2 ** 20)).status).toBe(200)
  })

  test('is for the owner and for operators', async () => {
    await make('owned')
    expect(await refusalOf(bob('PATCH', '/v1/models/alice/owned', { description: 'Mine' }))).toEqual(FORBIDDEN)
    expect(await refusalOf(bob('PATCH', '/v1/models/alice/none', { description: 'Mine' }))).toEqual(NOT_FOUND)
    expect((await olga('PATCH', '/v1/models/alice/owned', { description: 'Seen' })).status).toBe(200)
    expect(await get('alice/owned')).toMatchObject({ description: 'Seen' })
  })

  test('of a package is refused with the reason, also to operators', async () => {
    for (const call of [alice, olga])
      for (const method of ['PATCH', 'DELETE'])
        expect(await refusalOf(call(method, '/v1/models/shop/open', {}))).toEqual({
          detail: 'shop/open lies in a folder of the server, and is changed only there, by its operator',
          status: 403,
        })
    expect(await get('shop/open')).toMatchObject({ description: 'On the shelf' })
  })
})

describe('DELETE /v1/models/{owner}/{name}', () => {
  test('takes away a private model without versions, for good; its name is free again', async () => {
    await make('gone', { visibility: 'private', description: 'Once' })
    const response = await alice('DELETE', '/v1/models/alice/gone')
    expect(response.status).toBe(204)
    expect(await response.text()).toBe('')
    expect(await refusalOf(alice('GET', '/v1/models/alice/gone'))).toEqual(NOT_FOUND)
    expect(await refusalOf(alice('DELETE', '/v1/models/alice/gone'))).toEqual(NOT_FOUND)
    await restart()
    expect((await alice('GET', '/v1/models/alice/gone')).status).toBe(404)
    expect(await make('gone')).toMatchObject({ description: null, visibility: 'public' })
  })

  test('is refused while the model is public, or has versions', async () => {
    await make('stays')
    expect(await refusalOf(alice('DELETE', '/v1/models/alice/stays'))).toEqual({
      detail: expect.stringMatching(/^alice\/stays is public, .* make it private first$/),
      status: 422,
    })
    await alice('PATCH', '/v1/models/alice/stays', { visibility: 'private' })
    const version = await pushPackage(server, 'alice/stays', { 'predict.ts': echo('stays') }, 'o')
    expect(await refusalOf(alice('DELETE', '/v1/models/alice/stays'))).toEqual({
      detail: expect.stringMatching(/^alice\/stays has versions \(1\); delete them first$/),
      status: 422,
    })
    expect((await alice('DELETE', `/v1/models/alice/stays/versions/${version}`)).status).toBe(202)
    expect((await alice('DELETE', '/v1/models/alice/stays')).status).toBe(204)
  })

  test('is for the owner and for operators', async () => {
    await make('others')
    expect(await refusalOf(bob('DELETE', '/v1/models/alice/others'))).toEqual(FORBIDDEN)
    await alice('PATCH', '/v1/models/alice/others', { visibility: 'private' })
    expect(await refusalOf(bob('DELETE', '/v1/models/alice/others'))).toEqual(NOT_FOUND)
    expect((await olga('DELETE', '/v1/models/alice/others')).status).toBe(204)
  })
})

describe('the README', () => {
  test('of a package is answered as it is', async () => {
    const response = await alice('GET', '/v1/models/shop/open/readme')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await response.text()).toBe(README)
  })

  test('of a model of an account comes, changes and goes', async () => {
    await make('read')
    const path = '/v1/models/alice/read'
    expect(await refusalOf(alice('GET', `${path}/readme`))).toEqual({
      detail: 'The model has no README',
      status: 404,
    })
    for (const readme of [README, '# Other']) {
      await alice('PATCH', path, { readme })
      const response = await bob('GET', `${path}/readme`)
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
      expect(await response.text()).toBe(readme)
    }
    await alice('PATCH', path, { readme: null })
    expect((await alice('GET', `${path}/readme`)).status).toBe(404)
  })

  test('of a model that is not there is not found', async () => {
    expect(await refusalOf(alice('GET', '/v1/models/alice/none/readme'))).toEqual(NOT_FOUND)
  })
})

describe('the cover image', () => {
  test('of a package opens without a token, and only with its own signature', async () => {
    const url = String((await get('shop/open')).cover_image_url)
    expect(url.startsWith(`${server.address}/v1/models/shop/open/cover?signature=`)).toBe(true)
    const response = await fetch(url)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('image/png')
    expect(Buffer.from(await response.arrayBuffer())).toEqual(PICTURE)
    const other = String((await get('shop/goes')).cover_image_url).split('?')[1]
    for (const query of [other, '', 'signature=', 'signature=x', `${url.split('?')[1]}x`]) {
      const refused = await fetch(`${url.split('?')[0]}?${query}`)
      expect(refused.status).toBe(404)
      expect((await bodyOf<Problem>(refused)).detail).toBe(NOT_FOUND.detail)
    }
  })

  test('that is gone is not found', async () => {
    const url = String((await get('shop/goes')).cover_image_url)
    renameSync(join(modelsDir, 'shop/goes'), join(modelsDir, '.goes'))
    expect((await fetch(url)).status).toBe(404)
    renameSync(join(modelsDir, '.goes'), join(modelsDir, 'shop/goes'))
    expect((await fetch(url)).status).toBe(200)
  })

  test('that was pushed takes the place of the URL that was told, and goes with the model', async () => {
    await make('covered', { visibility: 'private', cover_image_url: 'https://images.example/a.png' })
    const version = await pushPackage(
      server,
      'alice/covered',
      { 'predict.ts': echo('covered'), 'cover.png': PICTURE },
      'o',
    )
    const url = String((await get('alice/covered')).cover_image_url)
    expect(Buffer.from(await (await fetch(url)).arrayBuffer())).toEqual(PICTURE)
    await alice('DELETE', `/v1/models/alice/covered/versions/${version}`)
    await alice('DELETE', '/v1/models/alice/covered')
    expect((await fetch(url)).status).toBe(404)
    await make('covered')
    expect((await get('alice/covered')).cover_image_url).toBeNull()
    expect((await fetch(url)).status).toBe(404)
  })
})

test('runs are counted, whoever asks for them, and the count is kept', async () => {
  const before = (await get('shop/open')).run_count
  for (const call of [alice, bob, bob])
    expect((await call('POST', '/v1/models/shop/open/predictions', { input: { text: 'hello' } })).status).toBe(201)
  expect((await bob('POST', '/v1/models/shop/open/predictions', { input: { text: 'x' } })).status).toBe(422)
  expect((await get('shop/open')).run_count).toBe(before + 3)
  await restart()
  expect((await get('shop/open')).run_count).toBe(before + 3)
})

test('a package takes no name that was made over the API', async () => {
  await make('claimed', { description: 'Made first' })
  mkdirSync(join(modelsDir, 'alice'), { recursive: true })
  writeFiles(modelsDir, { 'alice/claimed/predict.ts': echo('claimed'), 'shop/later/predict.ts': echo('later') })
  await eventually(async () => expect((await alice('GET', '/v1/models/shop/later')).status).toBe(200))
  expect(await get('alice/claimed')).toMatchObject({ description: 'Made first', latest_version: null })
  rmSync(join(modelsDir, 'alice'), { recursive: true })
})
