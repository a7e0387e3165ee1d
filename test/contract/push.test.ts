/** Packages that are sent to a running server: what becomes a version, and what is refused with which words. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { type ClientRequest, request } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { tarOf, tarOfFiles } from '../support/tar.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess, testServer } from '../support/test-server.ts'
import { bodyOf } from '../support/wire.ts'

const SETTINGS = { BUNDLED_MODELS: 'off', MODELS_DIR: someModels('tokens'), PUSH_LIMIT: '1MiB' }

const says = (text: string, setup = '') => `
import { defineModel, Type } from 'reprise/model'
export default defineModel({
  input: Type.Object({}), output: Type.String(),
  async setup(ctx) { ${setup} },
  predict: () => '${text}',
})`

interface Problem {
  status: number
  detail: string
  logs?: string
}
interface WireVersion {
  id: string
  openapi_schema: object
}

let server: TestServer
beforeAll(async () => {
  server = await startServer(SETTINGS)
})
afterAll(() => server.close())

function push(
  model: string,
  body: Uint8Array,
  { at = server, token = '' }: { at?: Pick<TestServer, 'address'>; token?: string } = {},
): Promise<Response> {
  return fetch(`${at.address}/v1/models/${model}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-tar', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) },
    body: Buffer.from(body),
  })
}

async function pushed(model: string, files: Record<string, string>): Promise<WireVersion> {
  const response = await push(model, tarOfFiles(files))
  expect(response.status, await response.clone().text()).toBe(201)
  return bodyOf(response)
}

async function refusal(model: string, body: Uint8Array): Promise<Problem> {
  const response = await push(model, body)
  return { ...(await bodyOf<Problem>(response)), status: response.status }
}

const versionsOf = async (model: string) =>
  (await bodyOf<{ results: WireVersion[] }>(server.call('GET', `/v1/models/${model}/versions`))).results

/** Folders of packages on the disk, finished or not. */
const foldersOf = (dataDir = server.dataDir) => readdirSync(join(dataDir, 'versions')).sort()

describe('a package that is pushed', () => {
  test('is run from then on, and makes the model', async () => {
    const version = await pushed('local/says', {
      'predict.ts': says('one'),
      'model.yaml': 'description: Says it',
      'README.md': '# Says',
      'examples/first.json': '{"input": {}}',
      'cover.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    })
    expect(version.id).toMatch(/^[0-9a-f]{64}$/)
    const model = await server.client.models.get('local', 'says')
    expect(model).toMatchObject({ description: 'Says it', visibility: 'private', latest_version: { id: version.id } })
    expect(await run(server, 'local/says', {})).toMatchObject({ output: 'one', version: version.id })
    expect(await (await server.call('GET', '/v1/models/local/says/readme')).text()).toBe('# Says')
    const cover = await fetch(String(model.cover_image_url))
    expect(cover.headers.get('content-type')).toBe('image/svg+xml')
    expect(readdirSync(join(server.dataDir, 'versions', version.id))).toEqual(['model.yaml', 'predict.ts'])
    expect(statSync(join(server.dataDir, 'versions', version.id, 'predict.ts')).mode & 0o222).toBe(0)
  })

  test('may be compressed, and lie in folders', async () => {
    const tar = tarOf([
      { path: './', type: 'Directory' },
      { path: './predict.ts', content: "export { default } from './code/says.ts'" },
      { path: './code/', type: 'Directory' },
      { path: './code/says.ts', content: says('folded') },
    ])
    expect((await push('local/folded', gzipSync(tar))).status).toBe(201)
    expect(await run(server, 'local/folded', {})).toMatchObject({ output: 'folded' })
  })

  test('twice has the same id and no copy, and is the present version again', async () => {
    const first = await pushed('local/twice', { 'predict.ts': says('first') })
    const second = await pushed('local/twice', { 'predict.ts': says('second') })
    const before = foldersOf()
    const again = await pushed('local/twice', { 'predict.ts': says('first') })
    expect(again).toEqual(first)
    expect(foldersOf()).toEqual(before)
    expect((await versionsOf('local/twice')).map(({ id }) => id).sort()).toEqual([first.id, second.id].sort())
    expect(await run(server, 'local/twice', {})).toMatchObject({ output: 'first' })
  })

  test('at the same time as others ends well for each', async () => {
    const texts = ['a', 'b', 'same', 'same']
    const versions = await Promise.all(texts.map((text) => pushed('local/at-once', { 'predict.ts': says(text) })))
    expect(versions[2]).toEqual(versions[3])
    expect(await versionsOf('local/at-once')).toHaveLength(3)
    for (const { id } of versions) expect(existsSync(join(server.dataDir, 'versions', id))).toBe(true)
  })
})

describe('what is no package is refused and leaves nothing:', () => {
  const good = { path: 'predict.ts', content: says('good') }
  const data = { 'predict.ts': says('x') }
  const dot = tarOf([{ path: './', type: 'Directory' }]).subarray(0, 512)
  test.each([
    ['a path with ../', tarOf([good, { path: '../evil.ts', content: 'x' }]), 422, /\.\.\/evil\.ts leads out of/],
    ['a path with ../ inside', tarOf([good, { path: 'a/../../evil.ts' }]), 422, /leads out of/],
    ['an absolute path', tarOf([good, { path: '/etc/evil', content: 'x' }]), 422, /\/etc\/evil has an absolute path/],
    [
      'a symbolic link',
      tarOf([good, { path: 'l', type: 'SymbolicLink', linkpath: '/etc/passwd' }]),
      422,
      /a symbolic link to \/etc\/passwd/,
    ],
    [
      'a hard link',
      tarOf([good, { path: 'l', type: 'Link', linkpath: 'predict.ts' }]),
      422,
      /a hard link to predict\.ts/,
    ],
    ['a device', tarOf([good, { path: 'null', type: 'CharacterDevice' }]), 422, /null is a device/],
    ['a named pipe', tarOf([good, { path: 'pipe', type: 'FIFO' }]), 422, /a named pipe/],
    ['the same path twice', tarOf([good, good]), 422, /predict\.ts is there twice/],
    ['a file that is a folder', tarOf([good, { path: 'predict.ts/x' }]), 422, /a folder in another/],
    [
      '10,001 files',
      tarOf(Array.from({ length: 10_001 }, (_, i) => ({ path: `f${i}` }))),
      422,
      /more than 10000 files/,
    ],
    [
      'a file over the limit',
      tarOf([good, { path: 'big', content: Buffer.alloc(2 ** 20) }]),
      413,
      /more than 1048576 bytes with big/,
    ],
    [
      'a bomb',
      gzipSync(tarOf([good, { path: 'big', content: Buffer.alloc(2 ** 24) }])),
      413,
      /more than 1048576 bytes with big/,
    ],
    ['zeros without end', gzipSync(Buffer.concat([tarOf([good]), Buffer.alloc(2 ** 27)])), 413, /goes on and on/],
    ['folders without end', gzipSync(Buffer.concat(Array.from({ length: 200_000 }, () => dot))), 413, /goes on and on/],
    [
      'a file with holes',
      tarOf([good, { path: 'weights.bin', type: 'SparseFile' }]),
      422,
      /weights\.bin is of the kind/,
    ],
    [
      'a long description',
      tarOf([{ path: 'pax', type: 'ExtendedHeader', content: 'x'.repeat(70_000) }, good]),
      422,
      /too long/,
    ],
    [
      'a long name',
      tarOf([{ path: 'a', type: 'NextFileHasLongPath', content: 'n'.repeat(256) }, good]),
      422,
      /no path/,
    ],
    ['half an archive', tarOf([good]).subarray(0, 700), 400, /no whole tar archive/],
    ['something else', Buffer.from('hello'.repeat(500)), 400, /no whole tar archive/],
    ['nothing', Buffer.alloc(0), 400, /no whole tar archive/],
    ['no model in it', tarOfFiles({ 'data.txt': 'x' }), 422, /There is no predict\.ts/],
    ['settings that are none', tarOfFiles({ 'predict.ts': says('x'), 'model.yaml': 'colour: red' }), 422, /colour/],
    [
      'a pinned version',
      tarOfFiles({ 'predict.ts': says('x'), 'model.yaml': `version: '${'1'.repeat(64)}'` }),
      422,
      /cannot pin its version/,
    ],
    [
      'kept replicas',
      tarOfFiles({ 'predict.ts': says('x'), 'model.yaml': 'run: { replicas: { min: 1 } }' }),
      422,
      /replicas\.min is 0/,
    ],
    [
      'session options that reach far',
      tarOfFiles({ 'predict.ts': says('x'), 'model.yaml': 'run: { session_options: { profileFilePrefix: /tmp/x } }' }),
      422,
      /but not profileFilePrefix/,
    ],
    [
      'settings that hold themselves',
      tarOfFiles({
        'predict.ts': says('x'),
        'model.yaml': 'run: { session_options: &a { graphOptimizationLevel: *a } }',
      }),
      422,
      /more than 20 deep/,
    ],
    [
      'an example that is none',
      tarOfFiles({ 'predict.ts': says('x'), 'examples/a.json': '[]' }),
      422,
      /examples\/a\.json has to be/,
    ],
    [
      'an example without bottom',
      tarOfFiles({ ...data, 'examples/a.json': `{"input": {"x": ${'['.repeat(9_000)}${']'.repeat(9_000)}}}` }),
      422,
      /examples\/a\.json nests .* more than 500 deep/,
    ],
    ['a readme that is a folder', tarOfFiles({ ...data, 'README.md/x': '' }), 422, /README\.md is no file/],
    ['a cover that is a folder', tarOfFiles({ ...data, 'cover.png/x': '' }), 422, /cover\.png is no file/],
    ['examples that are a file', tarOfFiles({ ...data, examples: '' }), 422, /examples is no folder/],
    ['an example that is a folder', tarOfFiles({ ...data, 'examples/a.json/x': '' }), 422, /a\.json is no file/],
    ['code that cannot be read', tarOfFiles({ 'predict.ts': 'export default {' }), 422, /./],
  ])('%s', async (_what, body, status, detail) => {
    const before = foldersOf()
    const refused = await refusal('local/refused', body)
    expect(refused).toMatchObject({ status, detail: expect.stringMatching(detail) })
    expect(foldersOf()).toEqual(before)
    expect((await server.call('GET', '/v1/models/local/refused')).status).toBe(404)
  })

  test('another type of body', async () => {
    const response = await server.call('POST', '/v1/models/local/refused/versions', { body: {} })
    expect(response.status).toBe(415)
  })
})

describe('a setup that does not succeed refuses the package with the reason and what it printed:', () => {
  test.each([
    ['throws', `ctx.log('on its way'); throw new Error('no weights')`, /no weights/, /on its way/],
    [
      'crashes',
      `console.log('falls'); await new Promise((r) => setTimeout(r, 50)); process.kill(process.pid, 'SIGSEGV')`,
      /SIGSEGV/,
      /falls/,
    ],
    ['loops', `ctx.log('turns'); await new Promise((r) => setTimeout(r, 50)); for (;;);`, /setup/i, /turns/],
  ])('one that %s', async (_how, setup, detail, logs) => {
    await pushed('local/keeps', { 'predict.ts': says('kept') })
    const before = foldersOf()
    const files = { 'predict.ts': says('never', setup), 'model.yaml': 'run: { setup_timeout: 8s }' }
    const refused = await refusal('local/keeps', tarOfFiles(files))
    expect(refused).toMatchObject({
      status: 422,
      detail: expect.stringMatching(detail),
      logs: expect.stringMatching(logs),
    })
    expect(foldersOf()).toEqual(before)
    expect(await run(server, 'local/keeps', {})).toMatchObject({ output: 'kept' })
    expect(await versionsOf('local/keeps')).toHaveLength(1)
  })

  test('it may be mended and sent again', async () => {
    await refusal('local/mended', tarOfFiles({ 'predict.ts': says('x', `throw new Error('first')`) }))
    await pushed('local/mended', { 'predict.ts': says('mended') })
    expect(await run(server, 'local/mended', {})).toMatchObject({ output: 'mended' })
  })
})

test('a name that a folder of the server holds is refused', async () => {
  const refused = await refusal('test/tokens', tarOfFiles({ 'predict.ts': says('x') }))
  expect(refused).toMatchObject({ status: 403, detail: expect.stringContaining('lies in a folder of the server') })
})

test('whoever is no operator pushes to names of their own, and no code', async () => {
  const own = await testServer({ ...SETTINGS, API_TOKENS: 'alice:a,bob:b', OPERATORS: 'bob', PUSH_CODE: 'on' })
  const as = (token: string) => ({ at: own, token })
  const code = tarOfFiles({ 'predict.ts': says('code') })
  expect(await bodyOf<Problem>(push('alice/x', code, as('a')))).toMatchObject({
    status: 422,
    detail: expect.stringContaining('predict.ts is code: only operators may push code'),
  })
  expect((await push('bob/x', code, as('a'))).status).toBe(403)
  expect((await push('bob/x', code, as('b'))).status).toBe(201)
  // What is private is not there for others, and its name tells them no more than any other's.
  expect((await push('bob/x', code, as('a'))).status).toBe(403)
})

test('packages of one account that do not come to an end hold up nobody else', async () => {
  const own = await testServer({ ...SETTINGS, API_TOKENS: 'alice:a,bob:b', OPERATORS: 'bob', PUSH_CODE: 'on' })
  const begin = tarOf([{ path: 'a', content: 'x'.repeat(900) }]).subarray(0, 1024)
  const stalled = Array.from({ length: 4 }, (_, index) =>
    exchangeBegun(`${own.address}/v1/models/alice/m${index}/versions`, 'a', begin),
  )
  await expect.poll(() => foldersOf(own.dataDir).length, { timeout: 15_000 }).toBe(4 + 1)
  const code = tarOfFiles({ 'predict.ts': says('code') })
  expect(await bodyOf<Problem>(push('alice/x', code, { at: own, token: 'a' }))).toMatchObject({
    status: 503,
    detail: expect.stringContaining('4 packages of alice are being taken in already'),
  })
  expect((await push('bob/x', code, { at: own, token: 'b' })).status).toBe(201)
  for (const sent of stalled) sent.destroy()
  await expect.poll(() => foldersOf(own.dataDir).length, { timeout: 15_000 }).toBe(1 + 1)
})

/** A push of which only the beginning comes. */
function exchangeBegun(url: string, token: string, begin: Uint8Array): ClientRequest {
  const headers = { 'content-type': 'application/x-tar', authorization: `Bearer ${token}` }
  const sent = request(url, { method: 'POST', headers, agent: false })
  sent.on('error', () => {})
  sent.write(begin)
  return sent
}

test('without leave operators push no code either', async () => {
  const own = await testServer({ ...SETTINGS, API_TOKENS: 'bob:b', OPERATORS: 'bob' })
  const response = await push('bob/x', tarOfFiles({ 'predict.ts': says('code') }), { at: own, token: 'b' })
  expect(response.status).toBe(422)
})

test('a server that is killed while a package comes, or is tried, has nothing of it', async () => {
  const dataDir = testFolder()
  const first = await testProcess(dataDir, SETTINGS)
  const slow = says('slow', `console.log('sets up'); await new Promise((r) => setTimeout(r, 60_000))`)
  const tried = push('local/slow', tarOfFiles({ 'predict.ts': slow }), { at: first })
  tried.catch(() => {})
  const begin = tarOf([{ path: 'a', content: 'x'.repeat(900) }]).subarray(0, 1024)
  exchangeBegun(`${first.address}/v1/models/local/half/versions`, 'any', begin)
  await expect
    .poll(() => foldersOf(dataDir).filter((name) => /^[0-9a-f]{64}$/.test(name)).length, { timeout: 15_000 })
    .toBe(2)
  await expect
    .poll(() => foldersOf(dataDir).some((name) => name.startsWith('.unfinished')), { timeout: 15_000 })
    .toBe(true)
  await first.stop('SIGKILL')
  const second = await testProcess(dataDir, SETTINGS)
  await expect.poll(() => foldersOf(dataDir).length, { timeout: 15_000 }).toBe(1)
  for (const model of ['local/slow', 'local/half'])
    expect((await second.call('GET', `/v1/models/${model}`)).status).toBe(404)
  expect((await push('local/half', tarOfFiles({ 'predict.ts': says('whole') }), { at: second })).status).toBe(201)
  await second.stop('SIGKILL')
  const third = await testProcess(dataDir, SETTINGS)
  expect(await run(third, 'local/half', {})).toMatchObject({ output: 'whole' })
})
