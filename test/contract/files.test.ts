import { execFile, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import Replicate, { type FileObject } from 'replicate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WireFile } from '../../src/files/schema.ts'
import { HurryingClock } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { MULTIPART, MULTIPART_END, multipartBody, type Part, partHead } from '../support/multipart.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess, testServer } from '../support/test-server.ts'
import { bodyOf, exchange } from '../support/wire.ts'

const LIMIT = 100_000_000
const DAY_MS = 24 * 3_600_000
const NO_MODELS = { BUNDLED_MODELS: 'off', MODELS_DIR: '/nowhere' }
const ALICE = { authorization: 'Bearer any' }
const BOB = { authorization: 'Token r8_bob' }
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const NOT_FOUND = { detail: 'File not found', status: 404 }
const TOO_LARGE = { title: 'Payload Too Large', detail: 'Files must be less than 100MB in size', status: 413 }

let server: TestServer
/** Speaks for alice. */
let client: Replicate
beforeAll(async () => {
  // JSON bodies may be short only: uploads have a limit of their own.
  server = await startServer({ ...NO_MODELS, API_TOKENS: 'alice:any,bob:r8_bob', BODY_LIMIT: '1000' })
  client = server.client
})
afterAll(() => server.close())

function send(parts: readonly Part[], headers: Record<string, string> = ALICE): Promise<Response> {
  return fetch(`${server.address}/v1/files`, {
    method: 'POST',
    headers: { ...MULTIPART, ...headers },
    body: multipartBody(parts),
  })
}

async function upload(parts: readonly Part[], headers?: Record<string, string>): Promise<WireFile> {
  const response = await send(parts, headers)
  expect(response.status, await response.clone().text()).toBe(201)
  return bodyOf<WireFile>(response)
}

function get(path: string, headers: Record<string, string> = ALICE): Promise<Response> {
  return server.call('GET', path, { headers })
}

async function listed(headers: Record<string, string> = ALICE): Promise<string[]> {
  const { results } = await bodyOf<{ results: WireFile[] }>(get('/v1/files', headers))
  return results.map(({ id }) => id)
}

function onDisk(dataDir = server.dataDir): string[] {
  return readdirSync(join(dataDir, 'files')).sort()
}

/** Whatever it is that the work does, no file is left by it. */
async function leavingNothing<Result>(work: () => Promise<Result>): Promise<Result> {
  const before = onDisk()
  const result = await work()
  expect(onDisk()).toEqual(before)
  return result
}

describe('the official client', () => {
  test('uploads a Buffer and gets, lists and deletes it', async () => {
    const content = randomBytes(100_000)
    const created = await client.files.create(content, { customer: 'c-1', page: 7 })
    expect(created).toEqual({
      id: expect.stringMatching(/^[0-9a-hjkmnp-tv-z]{26}$/),
      name: expect.stringMatching(/^buffer_\d+$/),
      content_type: 'application/octet-stream',
      size: 100_000,
      etag: createHash('md5').update(content).digest('hex'),
      checksums: {
        sha256: createHash('sha256').update(content).digest('hex'),
        md5: createHash('md5').update(content).digest('hex'),
      },
      metadata: { customer: 'c-1', page: 7 },
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      expires_at: expect.any(String),
      urls: {
        get: `${server.address}/v1/files/${created.id}`,
        download: expect.stringContaining(`${server.address}/v1/files/${created.id}/download?owner=alice&expiry=`),
      },
    })
    expect(Date.parse(created.expires_at ?? '') - Date.parse(created.created_at)).toBe(DAY_MS)
    expect(readFileSync(join(server.dataDir, 'files', created.id))).toEqual(content)

    expect(await client.files.get(created.id)).toEqual(created)
    expect((await client.files.list()).results[0]).toEqual(created)
    expect(await client.files.delete(created.id)).toBe(true)
    await expect(client.files.get(created.id)).rejects.toThrow('status 404 Not Found: {"detail":"File not found"')
    expect(await listed()).not.toContain(created.id)
    expect(onDisk()).not.toContain(created.id)
  })

  test('uploads a Blob with its type', async () => {
    const created = await client.files.create(new Blob(['a,b'], { type: 'text/csv' }))
    expect(created).toMatchObject({ name: expect.stringMatching(/^blob_\d+$/), content_type: 'text/csv', size: 3 })
    expect(created.metadata).toEqual({})
  })

  test('uploads a File with its name', async () => {
    const file = new File([PNG], 'Größe 大きさ 🖼.png', { type: 'application/octet-stream' })
    expect(await client.files.create(file)).toMatchObject({
      name: 'Größe 大きさ 🖼.png',
      content_type: 'image/png',
      size: PNG.length,
    })
  })

  test('walks over all files of its account, newest first, each of them once', async () => {
    const bob = new Replicate({ auth: 'r8_bob', baseUrl: `${server.address}/v1` })
    const created = await Promise.all(Array.from({ length: 105 }, (_, i) => bob.files.create(Buffer.from(`${i}`))))
    const pages: FileObject[][] = []
    for await (const page of bob.paginate(bob.files.list)) pages.push(page)
    expect(pages.map((page) => page.length)).toEqual([100, 5])
    const walked = pages.flat()
    expect(new Set(walked.map(({ id }) => id))).toEqual(new Set(created.map(({ id }) => id)))
    const times = walked.map((file) => file.created_at)
    expect(times).toEqual(times.toSorted().toReversed())
  })
})

test.each<[string, Part[], Partial<WireFile>]>([
  [
    'Python 1',
    [
      { name: 'metadata', content: '{"a":1}' },
      { name: 'content', filename: 'notes.txt', type: 'text/plain', content: 'hello' },
    ],
    { name: 'notes.txt', content_type: 'text/plain', metadata: { a: 1 } },
  ],
  [
    'Python 2',
    [
      { name: 'filename', content: 'chart.png' },
      { name: 'metadata[customer]', content: 'c-1' },
      { name: 'metadata[page]', content: '7' },
      { name: 'content', filename: 'upload', type: 'application/octet-stream', content: PNG },
    ],
    { name: 'chart.png', content_type: 'image/png', metadata: { customer: 'c-1', page: '7' } },
  ],
  [
    'Python 2 with a type',
    [
      { name: 'type', content: 'application/x-chart' },
      { name: 'content', filename: 'upload', type: 'application/octet-stream', content: PNG },
    ],
    { name: 'upload', content_type: 'application/x-chart', metadata: {} },
  ],
  [
    'Go',
    [
      { name: 'content', filename: 'a.wav', type: 'audio/wav', content: 'RIFF' },
      { name: 'metadata', type: 'application/json', content: '{"b":"2"}' },
    ],
    { name: 'a.wav', content_type: 'audio/wav', metadata: { b: '2' } },
  ],
  [
    'JavaScript, with metadata as a file that comes first',
    [
      { name: 'metadata', filename: 'blob', type: 'application/json', content: '{"a":{"b":[1,null]},"__proto__":1}' },
      { name: 'content', filename: 'blob_1', type: 'image/webp', content: 'x' },
    ],
    { name: 'blob_1', content_type: 'image/webp', metadata: JSON.parse('{"a":{"b":[1,null]},"__proto__":1}') },
  ],
  [
    'somebody who names no type',
    [{ name: 'content', filename: 'photo', content: PNG }],
    { name: 'photo', content_type: 'image/png', metadata: {} },
  ],
  [
    'somebody who says nothing but the bytes',
    [{ name: 'content', type: 'application/octet-stream', content: PNG }],
    { name: 'file', content_type: 'image/png', metadata: {} },
  ],
  [
    'somebody who puts the name last, and parts that nobody knows between',
    [
      { name: 'content', filename: '../../etc/passwd', type: 'text/x-log', content: '' },
      { name: 'purpose', content: 'none' },
      { name: 'filename', content: 'C:\\folder\\données.log' },
    ],
    { name: 'données.log', content_type: 'text/x-log', size: 0 },
  ],
])('an upload of %s is understood', async (_, parts, expected) => {
  const content = Buffer.from(parts.find(({ name }) => name === 'content')?.content ?? '')
  const file = await upload(parts)
  expect(file).toMatchObject({ size: content.length, etag: createHash('md5').update(content).digest('hex') })
  expect(file).toMatchObject(expected)
  expect(file.metadata).toEqual(expected.metadata ?? {})
  expect(await bodyOf<WireFile>(get(`/v1/files/${file.id}`))).toEqual(file)
})

test.skipIf(spawnSync('curl', ['--version']).status !== 0)('curl uploads as the documentation says', async () => {
  const path = join(testFolder(), 'archive.bin')
  writeFileSync(path, PNG)
  const { stdout } = await promisify(execFile)('curl', [
    '-sS',
    `${server.address}/v1/files`,
    '-HAuthorization: Token any',
    `-Fcontent=@${path};type=application/zip;filename=example.zip`,
    '-Fmetadata={"customer_reference_id": 123};type=application/json',
  ])
  expect(JSON.parse(stdout)).toMatchObject({
    name: 'example.zip',
    content_type: 'application/zip',
    size: PNG.length,
    metadata: { customer_reference_id: 123 },
  })
})

describe('what is refused leaves nothing', () => {
  const CONTENT: Part = { name: 'content', filename: 'a.txt', type: 'text/plain', content: 'hello' }
  const named = (filename: string): Part[] => [{ ...CONTENT, filename }]
  const withMetadata = (content: string | Buffer): Part[] => [CONTENT, { name: 'metadata', content }]

  test.each<[string, Part[], string]>([
    ['no content', [{ name: 'metadata', content: '{}' }], '- content is required\n'],
    [
      'content that is a text field',
      [{ name: 'content', content: 'x' }],
      '- content: Invalid type. Expected: file, given: string\n',
    ],
    ['a second content', [CONTENT, CONTENT], '- content: Must be given once\n'],
    ['a NUL in the name', named('a\0b.txt'), '- filename: Must be valid UTF-8 without control characters\n'],
    ['a name of 300 characters', named('x'.repeat(300)), '- filename: Must be at most 255 bytes of UTF-8\n'],
    [
      'a filename field of 300 characters',
      [CONTENT, { name: 'filename', content: 'ä'.repeat(150) }],
      '- filename: Must be at most 255 bytes of UTF-8\n',
    ],
    [
      'a type that is none',
      [CONTENT, { name: 'type', content: 'png' }],
      "- type: Does not match format 'type/subtype'\n",
    ],
    ['metadata that is no JSON', withMetadata('{a:1}'), '- metadata: Must be a JSON object\n'],
    ['metadata that is an array', withMetadata('[1]'), '- metadata: Must be a JSON object\n'],
    ['metadata that is null', withMetadata('null'), '- metadata: Must be a JSON object\n'],
    [
      'metadata that is no UTF-8',
      withMetadata(Buffer.from('{"a":"\xff"}', 'latin1')),
      '- metadata: Must be valid UTF-8\n',
    ],
    ['metadata of 64 KiB', withMetadata(`{"a":"${'x'.repeat(2 ** 16)}"}`), '- metadata: Must be at most 65536 bytes\n'],
    [
      'metadata of 64 KiB in pieces',
      [CONTENT, ...['a', 'b'].map((key) => ({ name: `metadata[${key}]`, content: 'x'.repeat(40_000) }))],
      '- metadata: Must be at most 65536 bytes\n',
    ],
    [
      'metadata that nests without end',
      withMetadata(`{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`),
      'The body nests arrays and objects more than 500 deep',
    ],
    [
      'nested keys of metadata',
      [CONTENT, { name: 'metadata[a][b]', content: '1' }],
      '- metadata[a][b]: Must name one key; send nested metadata as JSON\n',
    ],
    [
      'a long field that nobody knows',
      [CONTENT, { name: 'x', content: 'x'.repeat(70_000) }],
      '- x: Must be at most 65536 bytes\n',
    ],
    [
      'too many parts',
      Array.from({ length: 3_000 }, (_, i) => ({ name: `p${i}`, content: '' })),
      'An upload has at most 100 parts',
    ],
  ])('%s', async (_, parts, detail) => {
    const response = await leavingNothing(() => send(parts))
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 422,
      body: { detail, status: 422 },
    })
    expect(response.headers.get('content-type')).toBe('application/problem+json')
  })

  test('bytes in a name that are no UTF-8', async () => {
    const body = multipartBody(named('a\xffb.txt'))
    const damaged = Buffer.from(body.toString('latin1').replace('a\u00c3\u00bfb', 'a\xffb'), 'latin1')
    expect(damaged.length).toBe(body.length - 1)
    const response = await leavingNothing(() =>
      fetch(`${server.address}/v1/files`, { method: 'POST', headers: { ...MULTIPART, ...ALICE }, body: damaged }),
    )
    expect(await response.json()).toMatchObject({
      detail: '- filename: Must be valid UTF-8 without control characters\n',
    })
  })

  test.each([
    ['no multipart body', { ...MULTIPART }, 'hello'],
    ['a body without its end', { ...MULTIPART }, partHead(CONTENT)],
    ['a type without a boundary', { 'content-type': 'multipart/form-data' }, multipartBody([CONTENT])],
    ['a field named like a part of every object', { ...MULTIPART }, multipartBody([{ ...CONTENT, name: 'toString' }])],
  ])('%s is a bad request', async (_, headers, body) => {
    const response = await leavingNothing(() =>
      fetch(`${server.address}/v1/files`, { method: 'POST', headers: { ...headers, ...ALICE }, body }),
    )
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 400,
      body: { title: 'Bad Request', detail: expect.stringContaining('multipart/form-data'), status: 400 },
    })
  })

  test.each([
    ['application/json'],
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['multipart/mixed; boundary=x'],
  ])('a body of %s is of the wrong type', async (type) => {
    const response = await fetch(`${server.address}/v1/files`, {
      method: 'POST',
      headers: { 'content-type': type, ...ALICE },
      body: '{}',
    })
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 415,
      body: { detail: expect.stringContaining('multipart/form-data') },
    })
  })

  test('a body without any type', async () => {
    const { status } = await exchange(`${server.address}/v1/files`, { method: 'POST', headers: ALICE })
    expect(status).toBe(415)
  })

  test('an upload without a token', async () => {
    const response = await leavingNothing(() => send([CONTENT], {}))
    expect(response.status).toBe(401)
  })
})

describe('a file of 100 MB', () => {
  function* pieces(size: number): Generator<Buffer> {
    const piece = Buffer.alloc(2 ** 20)
    yield Buffer.from(partHead({ name: 'content', filename: 'big.bin' }))
    for (let left = size; left > 0; left -= piece.length) yield piece.subarray(0, left)
    yield Buffer.from(MULTIPART_END)
  }

  /** Sends as Node does, and reads the answer when it comes. */
  async function stream(size: number, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
    const sent = request(`${server.address}/v1/files`, {
      method: 'POST',
      headers: { ...MULTIPART, ...ALICE, ...headers },
    })
    Readable.from(pieces(size)).pipe(sent)
    const [answer]: IncomingMessage[] = await once(sent, 'response')
    if (!answer) return expect.fail('There is no answer')
    return { status: answer.statusCode ?? 0, body: Buffer.concat(await answer.toArray()).toString() }
  }

  test('is too large by one byte', async () => {
    const { status, body } = await leavingNothing(() => stream(LIMIT))
    expect({ status, body: JSON.parse(body) }).toEqual({ status: 413, body: TOO_LARGE })
  })

  test('less a byte is taken', async () => {
    const { status, body } = await stream(LIMIT - 1)
    expect(status).toBe(201)
    const file: WireFile = JSON.parse(body)
    expect(file.size).toBe(LIMIT - 1)
    await client.files.delete(file.id)
  })

  test('is refused to fetch', async () => {
    const form = new FormData()
    form.append('content', new Blob([new Uint8Array(LIMIT + 1_000_000)]), 'big.bin')
    const response = await leavingNothing(() =>
      fetch(`${server.address}/v1/files`, { method: 'POST', headers: ALICE, body: form }),
    )
    expect({ status: response.status, body: await response.json() }).toEqual({ status: 413, body: TOO_LARGE })
  })

  test.skipIf(spawnSync('curl', ['--version']).status !== 0)('is refused to curl', async () => {
    const path = join(testFolder(), 'big.bin')
    writeFileSync(path, '')
    truncateSync(path, LIMIT + 1_000)
    const args = ['-sS', `${server.address}/v1/files`, '-HAuthorization: Bearer any', `-Fcontent=@${path}`]
    const { stdout } = await leavingNothing(() => promisify(execFile)('curl', args))
    expect(JSON.parse(stdout)).toEqual(TOO_LARGE)
  })

  test('is refused before it comes, when the length says so', async () => {
    const sent = request(`${server.address}/v1/files`, {
      method: 'POST',
      headers: { ...MULTIPART, ...ALICE, 'content-length': 10 ** 10 },
    })
    sent.flushHeaders()
    const [answer]: IncomingMessage[] = await once(sent, 'response')
    expect(answer?.statusCode).toBe(413)
    sent.destroy()
  })

  const MUCH_MORE = LIMIT + 50_000_000

  test.each([
    ['connection: keep-alive\r\ntransfer-encoding: chunked', true],
    [`connection: close\r\ncontent-length: ${MUCH_MORE + 1_000}`, false],
  ])('is refused to a client that listens only when it has sent all of it (%j)', async (headers, chunked) => {
    const { hostname, port } = new URL(server.address)
    const socket = connect(Number(port), hostname)
    const type = MULTIPART['content-type']
    const head = `host: ${hostname}\r\nauthorization: Bearer any\r\ncontent-type: ${type}\r\n${headers}`
    socket.write(`POST /v1/files HTTP/1.1\r\n${head}\r\n\r\n`)
    const { promise: broken, reject } = Promise.withResolvers<never>()
    socket.on('error', reject)
    async function sendAll(): Promise<void> {
      for (const piece of pieces(MUCH_MORE)) {
        if (chunked) socket.write(`${piece.length.toString(16)}\r\n`)
        if (!socket.write(piece)) await once(socket, 'drain')
        if (chunked) socket.write('\r\n')
      }
    }
    await Promise.race([sendAll(), broken])
    const [answer]: Buffer[] = await once(socket, 'data')
    expect(answer?.toString()).toMatch(/^HTTP\/1\.1 413 .*Files must be less than 100MB in size/s)
    socket.destroy()
  })
})

/** An upload that has begun and does not go on. */
async function beginUpload(address: string, dataDir: string, headers: Record<string, string> = {}) {
  const sent = request(`${address}/v1/files`, { method: 'POST', headers: { ...MULTIPART, ...headers } })
  sent.on('error', () => {})
  sent.write(partHead({ name: 'content', filename: 'half.bin' }) + 'x'.repeat(200_000))
  const isUnfinished = (name: string) => name.startsWith('.unfinished-')
  await eventually(() => expect(onDisk(dataDir).filter(isUnfinished)).toHaveLength(1))
  return sent
}

test('an upload whose client goes away leaves nothing', async () => {
  const before = onDisk()
  const sent = await beginUpload(server.address, server.dataDir, ALICE)
  sent.destroy()
  await eventually(() => expect(onDisk()).toEqual(before))
})

test('an upload in which the server is killed leaves nothing, and what was answered stays', async () => {
  const dataDir = testFolder()
  const first = await testProcess(dataDir, NO_MODELS)
  const file = await first.client.files.create(Buffer.from('kept'))
  await beginUpload(first.address, dataDir)
  await first.stop('SIGKILL')
  writeFileSync(join(dataDir, 'files', '01hf0000000000000000000000'), 'its row was never written')
  expect(onDisk(dataDir)).toHaveLength(3)

  const second = await testProcess(dataDir, NO_MODELS)
  await eventually(() => expect(onDisk(dataDir)).toEqual([file.id]))
  const { urls, ...kept } = await bodyOf<WireFile>(second.call('GET', `/v1/files/${file.id}`))
  expect({ ...kept, urls: file.urls }).toEqual(file)
  // Signed with the same key, whatever the address is now.
  const { pathname, search } = new URL(Reflect.get(file.urls, 'download'))
  expect(await (await second.call('GET', pathname + search)).text()).toBe('kept')
  expect(urls.download).toContain(search)
})

describe('files of others', () => {
  test('do not exist', async () => {
    const { id, urls } = await upload([{ name: 'content', filename: 'a.txt', content: 'of alice' }])
    for (const method of ['GET', 'DELETE']) {
      const response = await server.call(method, `/v1/files/${id}`, { headers: BOB })
      expect({ status: response.status, body: await response.json() }).toEqual({ status: 404, body: NOT_FOUND })
    }
    expect(await listed(BOB)).not.toContain(id)
    expect(await listed(ALICE)).toContain(id)
    const { pathname, search } = new URL(urls.download)
    expect((await get(pathname + search.replace('owner=alice', 'owner=bob'))).status).toBe(404)
  })

  test('nor do files that never were', async () => {
    for (const id of ['01hf0000000000000000000000', 'x', '..%2fsigning.key']) {
      const response = await get(`/v1/files/${id}`)
      expect({ status: response.status, body: await response.json() }).toEqual({ status: 404, body: NOT_FOUND })
    }
  })
})

test('a delete answers 204 without a word, then 404', async () => {
  const { id } = await upload([{ name: 'content', filename: 'a.txt', content: 'a' }])
  // With the type that clients announce although they send nothing.
  const headers = { ...ALICE, 'content-type': 'application/json' }
  const deleted = await server.call('DELETE', `/v1/files/${id}`, { headers })
  expect({ status: deleted.status, body: await deleted.text() }).toEqual({ status: 204, body: '' })
  const again = await server.call('DELETE', `/v1/files/${id}`, { headers })
  expect({ status: again.status, body: await again.json() }).toEqual({ status: 404, body: NOT_FOUND })
})

describe('a download', () => {
  const CONTENT = 'Grüße 0123456789'
  const bytes = Buffer.from(CONTENT)
  let url: string
  beforeAll(async () => {
    url = (await upload([{ name: 'content', filename: 'grüße.txt', type: 'text/plain', content: CONTENT }])).urls
      .download
  })

  test('needs its URL and nothing else, from whatever page', async () => {
    const headers = { origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' }
    const answer = await exchange(url, { headers })
    expect(answer).toMatchObject({
      status: 200,
      body: CONTENT,
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'content-length': `${bytes.length}`,
        'content-disposition': `inline; filename="gr??e.txt"; filename*=UTF-8''gr%C3%BC%C3%9Fe.txt`,
        'accept-ranges': 'bytes',
        'access-control-allow-origin': '*',
        'cache-control': 'private, no-cache',
        'x-content-type-options': 'nosniff',
        etag: expect.stringMatching(/^(?:W\/)?"[^"]+"$/),
      },
    })
    expect(answer.headers['content-security-policy']).toBeUndefined()
  })

  test.each([
    ['text/html', '<script>alert(1)</script>'],
    ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
  ])('of %s is saved and cannot run', async (type, content) => {
    const { urls } = await upload([{ name: 'content', filename: 'page', type, content }])
    expect((await exchange(urls.download)).headers).toMatchObject({
      'content-disposition': 'attachment; filename=page',
      'content-security-policy': "default-src 'none'; sandbox",
    })
  })

  test('tells about itself on HEAD', async () => {
    const { status, headers, body } = await exchange(url, { method: 'HEAD' })
    expect({ status, length: headers['content-length'], body }).toEqual({
      status: 200,
      length: `${bytes.length}`,
      body: '',
    })
  })

  test.each([
    ['bytes=0-3', 206, bytes.subarray(0, 4), 'bytes 0-3/18'],
    ['bytes=8-', 206, bytes.subarray(8), 'bytes 8-17/18'],
    ['bytes=-4', 206, bytes.subarray(-4), 'bytes 14-17/18'],
    ['bytes=10-1000', 206, bytes.subarray(10), 'bytes 10-17/18'],
    ['bytes=0-1,4-5', 200, bytes, undefined],
    ['lines=1-2', 200, bytes, undefined],
  ])('of the range %s', async (range, status, content, contentRange) => {
    const answer = await exchange(url, { headers: { range } })
    expect({ status: answer.status, range: answer.headers['content-range'] }).toEqual({ status, range: contentRange })
    expect(answer.headers['content-length']).toBe(`${content.length}`)
    expect(answer.body).toBe(content.toString())
  })

  test('of a range beyond the end is refused', async () => {
    const answer = await exchange(url, { headers: { range: 'bytes=18-' } })
    expect(answer).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */18' } })
    expect(JSON.parse(answer.body)).toEqual({ detail: 'The range lies beyond the end of the file', status: 416 })
  })

  test('is not repeated for those who have it', async () => {
    const { headers } = await exchange(url)
    const known = { 'if-none-match': headers.etag ?? '' }
    expect(await exchange(url, { headers: known })).toMatchObject({ status: 304, body: '' })
    expect(await exchange(url, { headers: { 'if-none-match': '"other"' } })).toMatchObject({ status: 200 })
    const stale = { range: 'bytes=0-3', 'if-range': '"other"' }
    expect(await exchange(url, { headers: stale })).toMatchObject({ status: 200, body: CONTENT })
    expect(await exchange(url, { headers: { 'if-match': '"other"' } })).toMatchObject({ status: 412 })
  })

  test('of an empty file is empty', async () => {
    const { urls } = await upload([{ name: 'content', filename: 'empty', content: '' }])
    expect(await exchange(urls.download)).toMatchObject({ status: 200, body: '', headers: { 'content-length': '0' } })
  })

  test('works with a plus sign that was not escaped', async () => {
    for (;;) {
      const { urls } = await upload([{ name: 'content', filename: 'a', content: 'plus' }])
      if (!urls.download.includes('%2B')) continue
      expect(await exchange(urls.download.replaceAll('%2B', '+'))).toMatchObject({ status: 200, body: 'plus' })
      break
    }
  })

  test.each([
    ['owner', 'bob'],
    ['owner', ''],
    ['expiry', '4102444800'],
    ['expiry', 'never'],
    ['expiry', ''],
    ['signature', 'AAAA'],
    ['signature', ''],
  ])('with a %s of "%s" is not found', async (name, value) => {
    const tampered = new URL(url)
    tampered.searchParams.set(name, value)
    const answer = await exchange(tampered.href)
    expect({ status: answer.status, body: JSON.parse(answer.body) }).toEqual({ status: 404, body: NOT_FOUND })
  })

  test.each(['owner', 'expiry', 'signature'])('without %s, or with two, is not found', async (name) => {
    const [without, twice] = [new URL(url), new URL(url)]
    without.searchParams.delete(name)
    twice.searchParams.append(name, 'x')
    for (const { href } of [without, twice]) {
      const answer = await exchange(href, { headers: ALICE })
      expect({ status: answer.status, body: JSON.parse(answer.body) }).toEqual({ status: 404, body: NOT_FOUND })
    }
  })

  test('of a deleted file is not found', async () => {
    const { id, urls } = await upload([{ name: 'content', filename: 'a', content: 'a' }])
    await client.files.delete(id)
    expect((await exchange(urls.download)).status).toBe(404)
  })
})

test('a file is gone after a day, and its bytes with the next start', async () => {
  const settings = { ...NO_MODELS, DATA_DIR: testFolder() }
  const clock = new HurryingClock()
  const first = await testServer(settings, { clock })
  const { id, urls } = await first.client.files.create(Buffer.from('old'))
  const download: string = Reflect.get(urls, 'download')
  expect((await exchange(download)).status).toBe(200)
  await clock.hurry(DAY_MS + 1_000, async () => {
    expect((await exchange(download)).status).toBe(404)
    expect((await first.call('GET', `/v1/files/${id}`)).status).toBe(404)
    expect((await first.call('DELETE', `/v1/files/${id}`)).status).toBe(404)
    expect((await first.client.files.list()).results).toEqual([])
  })
  expect(onDisk(settings.DATA_DIR)).toEqual([id])
  await first.close()

  await testServer(settings, { clock })
  await eventually(() => expect(onDisk(settings.DATA_DIR)).toEqual([]))
})
