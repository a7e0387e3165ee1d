/** Ways to find a model: collections, search and QUERY; and what the server tells of the account. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Static } from '@sinclair/typebox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WireSearch } from '../../src/catalog/schema.ts'
import type { WireModel } from '../../src/models/schema.ts'
import { type CallAs, callAs } from '../support/accounts.ts'
import { echo, writeFiles } from '../support/packages.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'
import { bodyOf, exchange } from '../support/wire.ts'

type Model = Static<typeof WireModel>
interface Collection {
  name: string
  slug: string
  description: string
  full_description?: string | null
  models?: Model[]
}

const MANY = 55
const COLLECTIONS = `
- slug: animals
  name: Animal models
  description: Tell one beast from another
  full_description: "# Beasts"
  models: [alice/secret-fox, shop/dogs, shop/none, shop/cats]
- slug: empty
  name: Nothing
  description: Has no models
  models: []
`
/** Folders of packages, each with its own collections. */
const [modelsDir, otherDir] = [makeFolder(), makeFolder()]
let server: TestServer
let alice: CallAs
let bob: CallAs
beforeAll(async () => {
  writeFiles(modelsDir, {
    'collections.yaml': COLLECTIONS,
    'shop/dogs/predict.ts': echo('dogs').replace('minLength: 2', "description: 'What the hound barks'"),
    'shop/dogs/model.yaml': 'description: Tells hunting breeds apart',
    'shop/dogs/README.md': '# Dogs\n\nTrained on kennels and C++ code.',
    'shop/cats/predict.ts': echo('cats'),
    'shop/cats/model.yaml': 'description: Better than dogs',
    'alice/secret-fox/predict.ts': echo('fox'),
    'alice/secret-fox/model.yaml': 'description: Dogs dogs dogs\nvisibility: private',
  })
  writeFiles(otherDir, { 'collections.yaml': '- { slug: animals, name: Second, description: Hidden, models: [] }\n' })
  server = await startServer({
    BUNDLED_MODELS: 'off',
    MODELS_DIR: `${modelsDir}:${otherDir}`,
    API_TOKENS: 'alice:a,bob:b',
  })
  ;[alice, bob] = [callAs(server, 'a'), callAs(server, 'b')]
  const fields = { owner: 'bob', visibility: 'public', hardware: 'cpu', description: 'One of the herd' }
  for (let i = 0; i < MANY; i++)
    expect((await bob('POST', '/v1/models', { ...fields, name: `sheep-${i}` })).status).toBe(201)
  await bob('POST', '/v1/models', {
    ...fields,
    name: 'odd',
    description: 'Größe: naïve 100 % – “OR” NEAR(zebu) 猫モデル',
  })
})
afterAll(async () => {
  await server.close()
  for (const dir of [modelsDir, otherDir]) removeFolder(dir)
})

const nameOf = ({ owner, name }: Model) => `${owner}/${name}`

describe('collections', () => {
  const list = async (call = bob) => (await bodyOf<{ results: Collection[] }>(call('GET', '/v1/collections'))).results
  const write = (text: string) => writeFileSync(join(modelsDir, 'collections.yaml'), text)
  afterAll(() => write(COLLECTIONS))

  test('are listed on one page; of two with the same slug the first counts', async () => {
    expect(await bodyOf(bob('GET', '/v1/collections'))).toEqual({
      next: null,
      previous: null,
      results: [
        { name: 'Animal models', slug: 'animals', description: 'Tell one beast from another' },
        { name: 'Nothing', slug: 'empty', description: 'Has no models' },
      ],
    })
  })

  test('have their models in the order of the file, those that are there and may be seen', async () => {
    const collection = await bodyOf<Collection>(bob('GET', '/v1/collections/animals'))
    expect(collection).toMatchObject({ name: 'Animal models', slug: 'animals', full_description: '# Beasts' })
    expect(collection.models?.map(nameOf)).toEqual(['shop/dogs', 'shop/cats'])
    expect(collection.models?.[0]).toEqual(await bodyOf<Model>(bob('GET', '/v1/models/shop/dogs')))
    const own = await bodyOf<Collection>(alice('GET', '/v1/collections/animals'))
    expect(own.models?.map(nameOf)).toEqual(['alice/secret-fox', 'shop/dogs', 'shop/cats'])
    expect(await bodyOf<Collection>(bob('GET', '/v1/collections/empty'))).toMatchObject({
      full_description: null,
      models: [],
    })
  })

  test.each(['none', 'ANIMALS', '..%2fanimals', '%00'])('%s is not found', async (slug) => {
    const response = await bob('GET', `/v1/collections/${slug}`)
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({ detail: 'The requested resource could not be found', status: 404 })
  })

  test('change with their file while the server runs', async () => {
    write('- { slug: new, name: New, description: Fresh, models: [shop/cats] }\n')
    expect((await list()).map(({ slug }) => slug)).toEqual(['new', 'animals'])
    expect((await bodyOf<Collection>(bob('GET', '/v1/collections/new'))).models?.map(nameOf)).toEqual(['shop/cats'])
    // Now that of the second folder is the only one.
    expect(await list()).toContainEqual({ name: 'Second', slug: 'animals', description: 'Hidden' })
  })

  test.each([
    ['is no YAML', '- slug: [broken'],
    ['is no list', 'slug: one'],
    ['lacks a name', '- { slug: one, description: x, models: [] }'],
    ['has a slug that is none', '- { slug: Not A Slug, name: x, description: x, models: [] }'],
    ['says what nobody knows', '- { slug: one, name: x, description: x, models: [], colour: red }'],
    ['is too large', `# ${'x'.repeat(2 ** 20)}`],
  ])('stay as they were when their file %s, until it is mended', async (_what, text) => {
    write(COLLECTIONS)
    const before = await list()
    write(text)
    expect(await list()).toEqual(before)
    expect(await list()).toEqual(before)
    write('- { slug: mended, name: Mended, description: Well, models: [] }\n')
    expect((await list()).map(({ slug }) => slug)).toEqual(['mended', 'animals'])
  })

  test('are gone with their file', async () => {
    rmSync(join(modelsDir, 'collections.yaml'))
    expect((await list()).map(({ name }) => name)).toEqual(['Second'])
  })
})

describe('GET /v1/search', () => {
  const search = async (query: string, more = '', call = bob) => {
    const response = await call('GET', `/v1/search?query=${encodeURIComponent(query)}${more}`)
    expect(response.status, await response.clone().text()).toBe(200)
    return bodyOf<WireSearch>(response)
  }
  const namesOf = async (query: string, call = bob) =>
    (await search(query, '', call)).models.map(({ model }) => nameOf(model))

  test('answers with models and how well they fit, collections, and no pages', async () => {
    const found = await search('beast')
    expect(found).toEqual({
      query: 'beast',
      models: [],
      collections: [
        {
          name: 'Animal models',
          slug: 'animals',
          description: 'Tell one beast from another',
          models: ['shop/dogs', 'shop/cats'],
        },
      ],
      pages: [],
    })
    const dogs = await search('dogs')
    expect(Object.keys(dogs).sort()).toEqual(['collections', 'models', 'pages', 'query'])
    expect(dogs.models[0]).toEqual({
      model: await bodyOf<Model>(bob('GET', '/v1/models/shop/dogs')),
      metadata: { generated_description: 'Tells hunting breeds apart', tags: [], score: expect.any(Number) },
    })
    const scores = dogs.models.map(({ metadata }) => metadata.score)
    expect(scores).toEqual(scores.toSorted((a, b) => b - a))
  })

  test.each<[query: string, names: string[]]>([
    // A word in a name counts more than one in a description.
    ['dogs', ['shop/dogs', 'shop/cats']],
    ['DOGS', ['shop/dogs', 'shop/cats']],
    // Of inputs, and of the README.
    ['hound', ['shop/dogs']],
    ['kennel', ['shop/dogs']],
    // Other forms of a word, and its beginning.
    ['breed hunt', ['shop/dogs']],
    ['kenn', ['shop/dogs']],
    // All words where one model has them all, else some.
    ['shop cats better', ['shop/cats']],
    ['kennels unheard', ['shop/dogs']],
    ['shop/dogs', ['shop/dogs', 'shop/cats']],
    ['größe', ['bob/odd']],
    ['grosse naive', ['bob/odd']],
    ['猫', ['bob/odd']],
    ['unheard', []],
  ])('%s finds %j', async (query, names) => {
    expect(await namesOf(query)).toEqual(names)
  })

  test('finds private models for those who see them', async () => {
    expect(await namesOf('dogs', alice)).toContain('alice/secret-fox')
    expect(await namesOf('fox', alice)).toEqual(['alice/secret-fox'])
    expect(await namesOf('fox')).toEqual([])
  })

  test('finds what has been told since, and no more what is gone', async () => {
    const path = '/v1/models/bob/turns'
    await bob('POST', '/v1/models', { owner: 'bob', name: 'turns', visibility: 'private', hardware: 'cpu' })
    expect(await namesOf('quokka')).toEqual([])
    await bob('PATCH', path, { readme: 'Of a quokka' })
    expect(await namesOf('quokka')).toEqual(['bob/turns'])
    await bob('PATCH', path, { readme: null })
    expect(await namesOf('quokka')).toEqual([])
    await bob('DELETE', path)
    expect(await namesOf('turns')).toEqual([])
  })

  test.each([
    '"',
    '""',
    "'",
    'NEAR(',
    'dogs AND',
    'AND',
    'OR OR',
    'NOT dogs',
    'name:dogs',
    'name : x',
    '{name}: x',
    '-dogs',
    'dogs*',
    '*',
    '^dogs',
    '(((',
    'a"b',
    '\\',
    '%',
    '_',
    '--',
    '; DROP TABLE models',
    '\0',
    'dogs\0cats',
    '🎈',
    '\u202edogs',
    '?',
    '<script>',
    'x'.repeat(5_000),
    'dogs '.repeat(200),
    '\ud800'.toWellFormed(),
  ])('%j does no harm', async (query) => {
    expect((await search(query)).query).toBe(query)
    expect(await namesOf('hound')).toEqual(['shop/dogs'])
  })

  test('operators are words like others', async () => {
    expect(await namesOf('zebu NEAR')).toEqual(['bob/odd'])
    expect(await namesOf('dogs NOT cats')).toContain('shop/cats')
  })

  test.each([
    ['', 20],
    ['&limit=1', 1],
    ['&limit=7', 7],
    ['&limit=50', 50],
  ])('gives with %j %i models', async (more, count) => {
    expect((await search('herd', more)).models).toHaveLength(count)
  })

  test.each([
    ['0', 'Must be greater than or equal to 1'],
    ['51', 'Must be less than or equal to 50'],
    ['-1', 'Must be greater than or equal to 1'],
    ['2.5', 'Invalid type. Expected: integer, given: number'],
    ['many', 'Invalid type. Expected: integer, given: string'],
    ['', 'Invalid type. Expected: integer, given: string'],
  ])('refuses a limit of "%s"', async (limit, description) => {
    const response = await bob('GET', `/v1/search?query=dogs&limit=${limit}`)
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({ invalid_fields: [{ field: 'limit', description }] })
  })

  test.each(['', '?query=', '?query=%20%09', '?q=dogs', '?limit=5'])(
    '%s has no query, which it tells',
    async (query) => {
      const response = await bob('GET', `/v1/search${query}`)
      expect(response.status).toBe(400)
      expect(response.headers.get('content-type')).toMatch(/^application\/json(;|$)/)
      expect(await response.json()).toEqual({ detail: 'Query parameter "query" is required' })
    },
  )

  test('refuses two queries', async () => {
    expect((await bob('GET', '/v1/search?query=a&query=b')).status).toBe(422)
  })
})

describe('QUERY /v1/models', () => {
  const query = (body: string, headers: Record<string, string> = {}) =>
    exchange(`${server.address}/v1/models`, {
      method: 'QUERY',
      body,
      headers: { authorization: 'Bearer b', ...headers },
    })

  test.each([
    ['raw, as text', 'dogs', 'text/plain'],
    ['in JSON, as text', '"dogs"', 'text/plain'],
    ['in JSON, as JSON', '"dogs"', 'application/json'],
    ['raw, as JSON', 'dogs', 'application/json'],
    ['as a form', 'dogs', 'application/x-www-form-urlencoded'],
    ['with a charset', 'dogs', 'text/plain; charset=utf-8'],
  ])('takes the text %s', async (_how, body, type) => {
    const answer = await query(body, { 'content-type': type })
    expect(answer.status).toBe(200)
    const page: { results: Model[] } = JSON.parse(answer.body)
    expect(page).toMatchObject({ next: null, previous: null })
    expect(page.results.map(nameOf)).toEqual(['shop/dogs', 'shop/cats'])
    expect(page.results[0]).toEqual(await bodyOf<Model>(bob('GET', '/v1/models/shop/dogs')))
  })

  test('needs a type, as the method itself has it', async () => {
    expect((await query('hound')).status).toBe(400)
  })

  test('gives at most 25 models', async () => {
    const { body } = await query('herd', { 'content-type': 'text/plain' })
    expect(JSON.parse(body).results).toHaveLength(25)
  })

  test.each(['', ' ', '""', 'null', '{"query":"dogs"}', '"broken', 'größe', '"gr\\u00f6\\u00dfe"', '猫'])(
    '%j is answered',
    async (body) => {
      const answer = await query(body, { 'content-type': 'text/plain' })
      expect(answer.status).toBe(200)
      const odd = /gr|猫/.test(body)
      expect(JSON.parse(answer.body).results.map(nameOf).includes('bob/odd')).toBe(odd)
    },
  )

  test('refuses a text that is too long', async () => {
    expect((await query('x'.repeat(10_001), { 'content-type': 'text/plain' })).status).toBe(413)
  })
})

test('the account is that of the token', async () => {
  for (const [call, username] of [
    [alice, 'alice'],
    [bob, 'bob'],
  ] as const)
    expect(await bodyOf(call('GET', '/v1/account'))).toEqual({ type: 'user', username, name: username })
})

test('the hardware is a bare list that begins with the processor', async () => {
  expect(await bodyOf<unknown[]>(alice('GET', '/v1/hardware'))).toEqual(
    expect.arrayContaining([{ name: 'CPU', sku: 'cpu' }]),
  )
})
