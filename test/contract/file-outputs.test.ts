/** The files that models give out: how answers, streams and the official client show them, and how they are served. */
import { hash } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse as parseDisposition } from 'content-disposition'
import Replicate, { type FileOutput } from 'replicate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { endingOf, readEvents, readToEnd, streamUrlOf } from '../support/event-reader.ts'
import { eventually } from '../support/eventually.ts'
import { writeFiles } from '../support/packages.ts'
import { filesOf, leavingNoFolder } from '../support/prediction-folders.ts'
import { cancel, create, endOf, find, run } from '../support/requests.ts'
import { type Settings, startServer, type TestServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testFolder } from '../support/temporary.ts'
import { testServer } from '../support/test-server.ts'
import { bodyOf, exchange } from '../support/wire.ts'

const MAKES = 'test/makes-files'
const STREAMS = 'test/streams-files'
const JAVASCRIPT = { 'user-agent': 'replicate-javascript/1.4.0' }
const OLD_PYTHON = { 'user-agent': 'replicate-python/1.0.7' }
const NEW_PYTHON = { 'user-agent': 'Replicate/Python 2.0.0' }
const HELLO_URI = 'data:text/plain;base64,aGVsbG8='

const models = someModels('makes-files', 'streams-files', 'tokens')
/** Misbehaves in ways that the model of the fixtures does not. */
const ODD_MODEL = `
import { defineModel, stream, Type } from 'reprise/model'
export default defineModel({
  input: Type.Object({ how: Type.String(), type: Type.Optional(Type.String()) }),
  output: stream(Type.Unknown()),
  async *predict({ how, type }, ctx) {
    const make = (options: object) => ctx.file(Buffer.from('<b>odd</b>'), { name: 'odd.bin', ...options })
    if (how === 'fails') make({ name: 'never.txt' })
    else if (how === 'yields') yield make({ name: 'first.txt' })
    else if (how === 'type') return yield make({ type })
    else if (how === 'number') return yield make({ type: 5 })
    throw new Error('failed on purpose')
  },
})`
/** Gives out a file when it may go on, without a look at what was asked of it meanwhile. */
const LATE_MODEL = `
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineModel, fileOutput, Type } from 'reprise/model'
export default defineModel({
  input: Type.Object({ dir: Type.String() }),
  output: fileOutput(),
  predict({ dir }, ctx) {
    writeFileSync(join(dir, 'started'), '')
    while (!existsSync(join(dir, 'go'))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    return ctx.file(Buffer.from('late'), { name: 'late.txt' })
  },
})`
writeFiles(models, { 'test/odd-files/predict.ts': ODD_MODEL, 'test/late-files/predict.ts': LATE_MODEL })
const SETTINGS = { BUNDLED_MODELS: 'off', MODELS_DIR: models }

let server: TestServer
beforeAll(async () => {
  server = await startServer(SETTINGS)
})
afterAll(() => server.close())

/** A prediction that has ended, as a client with these headers sees it. */
function runAs(headers: Record<string, string>, model: string, input: Record<string, unknown>, at = server) {
  return create(at, model, input, { prefer: 'wait', ...headers })
}

async function findAs(headers: Record<string, string>, { id }: WirePrediction, at = server): Promise<WirePrediction> {
  return bodyOf(at.call('GET', `/v1/predictions/${id}`, { headers }))
}

/** The URL of the one file that an output is. */
function urlOf({ status, error, output }: WirePrediction): string {
  expect({ status, error }).toEqual({ status: 'succeeded', error: null })
  return String(output)
}

/** What a URL serves; a data URI is none that is meant. */
async function textAt(url: unknown): Promise<string> {
  expect(url).toMatch(/^http:/)
  const response = await fetch(String(url))
  expect(response.status).toBe(200)
  return response.text()
}

/** An output with what stands behind its URLs. */
async function fetched(output: unknown): Promise<unknown> {
  if (typeof output === 'string' && output.startsWith(`${server.address}/v1/outputs/`))
    return { file: await textAt(output) }
  if (Array.isArray(output)) return Promise.all(output.map(fetched))
  if (typeof output !== 'object' || output === null) return output
  const entries = Object.entries(output).map(async ([key, value]) => [key, await fetched(value)])
  return Object.fromEntries(await Promise.all(entries))
}

describe('a file stands as a URL', () => {
  test.each<[shape: string, output: unknown]>([
    ['value', { file: 'hello' }],
    ['array', [{ file: 'hello 0' }, { file: 'hello 1' }]],
    ['object', { caption: 'hello', pictures: { first: { file: 'hello 1' }, rest: [{ file: 'hello 2' }] }, none: null }],
    ['twice', [{ file: 'hello' }, { file: 'hello' }]],
  ])('in the shape "%s"', async (shape, output) => {
    const ended = await run(server, MAKES, { shape })
    expect(await fetched(ended.output)).toEqual(output)
    expect(await find(server, ended.id)).toEqual(ended)
  })

  test('of its own, also where it stands twice, though it is kept once', async () => {
    const { id, output } = await run(server, MAKES, { shape: 'twice' })
    const urls = Array.isArray(output) ? output : []
    expect(new Set(urls).size).toBe(2)
    expect(filesOf(server.dataDir, id)).toEqual(['output-0'])
  })

  test('in lists, whoever asks', async () => {
    const ended = await runAs(JAVASCRIPT, MAKES, {})
    expect(ended.output).toBe(HELLO_URI)
    const { results } = await bodyOf<{ results: WirePrediction[] }>(
      server.call('GET', '/v1/predictions', { headers: JAVASCRIPT }),
    )
    const listed = results.find(({ id }) => id === ended.id)
    expect(await textAt(listed?.output)).toBe('hello')
  })

  test('at the origin that the request came to', async () => {
    const ended = await run(server, MAKES, {})
    const { body } = await exchange(`${server.address}/v1/predictions/${ended.id}`, {
      headers: { host: 'localhost:99' },
    })
    const shown: WirePrediction = JSON.parse(body)
    expect(new URL(String(shown.output)).origin).toBe('http://localhost:99')
    expect(new URL(String(shown.output)).pathname).toBe(new URL(String(ended.output)).pathname)
  })
})

describe('a file is served', () => {
  let url: string
  beforeAll(async () => {
    url = urlOf(await run(server, MAKES, { content: '0123456789' }))
  })

  test('with all that a client needs to keep it, and none of what a page could abuse', async () => {
    const { status, headers, body } = await exchange(url)
    expect({ status, body }).toEqual({ status: 200, body: '0123456789' })
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '10',
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=3600',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
      'content-disposition': 'inline; filename=greeting.txt',
      etag: expect.stringMatching(/^(?:W\/)?".+"$/),
    })
  })

  test('to a page of another site, which may read it', async () => {
    const { status, headers } = await exchange(url, {
      headers: { origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
    })
    expect(status).toBe(200)
    expect(headers['access-control-allow-origin']).toBe('*')
  })

  test.each([
    ['bytes=2-4', 'bytes 2-4/10', '234'],
    ['bytes=7-', 'bytes 7-9/10', '789'],
    ['bytes=-2', 'bytes 8-9/10', '89'],
    ['bytes=5-100', 'bytes 5-9/10', '56789'],
  ])('in part: %s', async (range, contentRange, body) => {
    const answer = await exchange(url, { headers: { range } })
    expect(answer).toMatchObject({
      status: 206,
      body,
      headers: { 'content-range': contentRange, 'content-length': String(body.length) },
    })
  })

  test('not from beyond its end', async () => {
    const answer = await exchange(url, { headers: { range: 'bytes=10-' } })
    expect(answer).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */10' } })
  })

  test('once, to who has it already', async () => {
    const { headers } = await exchange(url)
    const again = await exchange(url, { headers: { 'if-none-match': headers.etag ?? '' } })
    expect(again).toMatchObject({ status: 304, body: '', headers: { etag: headers.etag } })
    expect((await exchange(url, { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
  })

  test('without its bytes to HEAD', async () => {
    const { status, headers, body } = await exchange(url, { method: 'HEAD' })
    expect({ status, body }).toEqual({ status: 200, body: '' })
    expect(headers).toMatchObject({ 'content-length': '10', 'content-type': 'text/plain; charset=utf-8' })
  })

  test('below /v1/v1 too, and under whatever name', async () => {
    expect(await textAt(url.replace('/v1/', '/v1/v1/'))).toBe('0123456789')
    expect(await textAt(url.replace('greeting.txt', 'other.html'))).toBe('0123456789')
  })

  test.each<[what: string, change: (url: string) => string]>([
    ['another secret', (url) => url.replace(/.\/greeting/, '!/greeting')],
    ['a shorter secret', (url) => url.replace(/.\/greeting/, '/greeting')],
    ['a longer secret', (url) => url.replace('/greeting', '0/greeting')],
    ['no secret', (url) => url.replace(/(outputs\/.{26}).*\//, '$1/')],
    ['no prediction', (url) => url.replace(/outputs\/.{26}/, 'outputs/01hf0000000000000000000000')],
    ['nothing', (url) => url.replace(/outputs\/.*\//, 'outputs/x/')],
  ])('to nobody who knows %s', async (_what, change) => {
    const changed = change(url)
    expect(changed).not.toBe(url)
    expect((await fetch(changed)).status).toBe(404)
  })

  test('to nobody who knows the secret of another prediction', async () => {
    const other = new URL(urlOf(await run(server, MAKES, {}))).pathname.split('/')
    const mine = new URL(url).pathname.split('/')
    const mixed = `${mine[3]?.slice(0, 26)}${other[3]?.slice(26)}`
    expect((await fetch(`${server.address}/v1/outputs/${mixed}/greeting.txt`)).status).toBe(404)
  })

  test.each([
    ['a page', { content: '<script>alert(1)</script>', name: 'page.html', type: 'text/html' }],
    ['a page by its name', { content: '<script>alert(1)</script>', name: 'page.html' }],
    ['a drawing', { content: '<svg onload="alert(1)"/>', name: 'drawing.svg', type: 'image/svg+xml' }],
    ['a drawing in capitals', { content: '<svg/>', name: 'drawing', type: 'IMAGE/SVG+XML' }],
    ['a page in another writing', { content: '<x/>', name: 'page', type: 'application/xhtml+xml' }],
    ['a script', { content: 'alert(1)', name: 'script.js', type: 'text/javascript' }],
  ])('as something to save where it could run: %s', async (_what, input) => {
    const { headers } = await exchange(urlOf(await run(server, MAKES, input)))
    expect(headers['content-disposition']).toMatch(/^attachment; /)
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    })
  })

  test.each([
    ['../../x', 'x'],
    ['..\\..\\x', 'x'],
    ['..', 'file'],
    ['a\0b.txt', 'ab.txt'],
    ['a"; filename="b.txt', 'a"; filename="b.txt'],
    ['a\r\nset-cookie: a=b', 'aset-cookie: a=b'],
    ['50% off?#.txt', '50% off?#.txt'],
    ['grüße – 大きさ 🖼.txt', 'grüße – 大きさ 🖼.txt'],
    [`${'x'.repeat(300)}.txt`, `${'x'.repeat(251)}.txt`],
    [`${'🖼'.repeat(300)}.txt`, `${'🖼'.repeat(62)}.txt`],
  ])('under the name %j without harm', async (name, shown) => {
    const prediction = await run(server, MAKES, { name, content: 'hello' })
    const named = urlOf(prediction)
    const { pathname, search, hash: fragment } = new URL(named)
    expect(pathname.split('/')).toHaveLength(5)
    expect(decodeURIComponent(pathname.split('/').at(-1) ?? '')).toBe(shown)
    expect([search, fragment]).toEqual(['', ''])
    const { status, headers, body } = await exchange(named)
    expect({ status, body }).toEqual({ status: 200, body: 'hello' })
    expect(headers).not.toHaveProperty('set-cookie')
    expect(parseDisposition(headers['content-disposition'] ?? '').parameters.filename).toBe(shown)
    expect(filesOf(server.dataDir, prediction.id)).toEqual(['output-0'])
  })

  test.each(['text/html\r\nset-cookie: a=b', 'no type', 'text/plain; charset="a\u0000b"', 'text/größe'])(
    'with a harmless type where the model gives %j',
    async (type) => {
      const ended = await run(server, MAKES, { content: 'hello', type })
      if (ended.status === 'failed') return expect(ended.error).toContain('type')
      const { status, headers, body } = await exchange(urlOf(ended))
      expect({ status, body }).toEqual({ status: 200, body: 'hello' })
      expect(headers).not.toHaveProperty('set-cookie')
      expect(headers['content-type']).toMatch(/^[a-z]+\/[a-z-]+(?:; charset=utf-8)?$/)
    },
  )

  test('with the type of its parameters', async () => {
    const { headers } = await exchange(urlOf(await run(server, MAKES, { type: 'Text/CSV; header=present' })))
    expect(headers['content-type']).toBe('Text/CSV; header=present')
  })
})

describe('over plain http', () => {
  test.each<[who: string, headers: Record<string, string>, inline: boolean]>([
    ['the JavaScript client', JAVASCRIPT, true],
    ['the Python client', OLD_PYTHON, true],
    ['the second Python client', NEW_PYTHON, false],
    ['the Go client', { 'user-agent': 'replicate/go/0.26.0' }, false],
    ['who only names a client', { 'user-agent': 'Mozilla/5.0 replicate-javascript/1.4.0' }, false],
  ])('%s gets what it can use, by what it asks with itself', async (_who, headers, inline) => {
    const created = await runAs(headers, MAKES, {})
    const plain = await run(server, MAKES, {})
    for (const { output } of [created, await findAs(headers, plain)])
      if (inline) expect(output).toBe(HELLO_URI)
      else expect(await textAt(output)).toBe('hello')
    expect(await textAt((await find(server, created.id)).output)).toBe('hello')
  })

  test('files of 10 MB together are data URIs, of one byte more all are URLs', async () => {
    const size = 5_000_000
    const within = await runAs(JAVASCRIPT, MAKES, { shape: 'array', size })
    expect(within.output).toEqual([
      expect.stringMatching(/^data:text\/plain;base64,/),
      expect.stringMatching(/^data:text\/plain;base64,/),
    ])
    const beyond = await runAs(JAVASCRIPT, MAKES, { shape: 'array', size: size + 1 })
    expect(beyond.output).toEqual([expect.stringMatching(/^http:/), expect.stringMatching(/^http:/)])
    const output = Array.isArray(beyond.output) ? beyond.output : []
    expect(await textAt(output[1])).toBe('hello 1'.padEnd(size + 1, '.'))
  })

  test('a cancel shows the files as the one who cancels can use them', async () => {
    const created = await create(server, STREAMS, { count: 2, hang_after: 1 })
    for await (const { event } of readEvents(streamUrlOf(created))) if (event === 'output') break
    const canceled = await bodyOf(server.call('POST', `/v1/predictions/${created.id}/cancel`, { headers: JAVASCRIPT }))
    expect(canceled).toMatchObject({ status: 'canceled', output: ['data:text/plain;base64,ZmlsZSAw'] })
  })
})

describe('the official client', () => {
  async function bytesOf(file: unknown): Promise<{ type: string; text: string }> {
    const blob = await (file as FileOutput).blob()
    return { type: blob.type, text: await blob.text() }
  }

  test('gets file objects from run over plain http', async () => {
    const file = await server.client.run(MAKES, { input: { content: 'bytes \u0000 and ünicode' } })
    expect(await bytesOf(file)).toEqual({ type: 'text/plain', text: 'bytes \u0000 and ünicode' })
    expect((file as FileOutput).url().protocol).toBe('data:')
  })

  test('gets the bytes of a file whose type has a comma', async () => {
    const file = await server.client.run(MAKES, { input: { type: 'audio/ogg; codecs="vorbis, opus"' } })
    expect(await bytesOf(file)).toEqual({ type: expect.stringMatching(/^audio\/ogg/), text: 'hello' })
  })

  test('gets them where they stand', async () => {
    const output = (await server.client.run(MAKES, { input: { shape: 'object' } })) as {
      pictures: { first: unknown; rest: unknown[] }
    }
    expect(output).toMatchObject({ caption: 'hello', none: null })
    expect((await bytesOf(output.pictures.first)).text).toBe('hello 1')
    expect((await bytesOf(output.pictures.rest[0])).text).toBe('hello 2')
  })

  test('gets a URL of a file that is too large to be sent along', async () => {
    const url = await server.client.run(MAKES, { input: { size: 10_000_001 } })
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:/)
    expect(await textAt(url)).toHaveLength(10_000_001)
  })

  test('gets file objects from stream, and the end', async () => {
    const seen: unknown[] = []
    for await (const { event, data } of server.client.stream(STREAMS, { input: { count: 2 } }))
      seen.push([event, event === 'output' ? await bytesOf(data) : data])
    expect(seen).toEqual([
      ['output', { type: 'text/plain', text: 'file 0' }],
      ['output', { type: 'text/plain', text: 'file 1' }],
      ['done', '{}'],
    ])
  })

  test('gets text from the stream of a text', async () => {
    for await (const { event, data } of server.client.stream('test/tokens', { input: { count: 1 } }))
      expect([event, data]).toEqual(event === 'output' ? ['output', 'token 0\n'] : ['done', '{}'])
  })
})

describe('FILE_OUTPUTS and PUBLIC_URL', () => {
  async function withServer(settings: Settings, work: (at: TestServer) => Promise<void>): Promise<void> {
    const at = await startServer({ ...SETTINGS, ...settings })
    try {
      await work(at)
    } finally {
      await at.close()
    }
  }

  test('url gives URLs to everybody, and tokens are not needed to read them', () =>
    withServer({ FILE_OUTPUTS: 'url', API_TOKENS: 'alice:a,bob:b' }, async (at) => {
      const alice = { ...JAVASCRIPT, authorization: 'Bearer a' }
      const { output, urls } = await runAs(alice, MAKES, {}, at)
      expect(await textAt(output)).toBe('hello')
      for (const authorization of ['Bearer b', 'Bearer wrong'])
        expect((await fetch(String(output), { headers: { authorization } })).status).toBe(200)
      expect((await fetch(urls.get)).status).toBe(401)
      const [event] = await readToEnd(streamUrlOf(await create(at, STREAMS, { count: 1 }, alice)))
      expect(await textAt(event?.data)).toBe('file 0')
    }))

  test('data-uri gives data URIs to everybody, except in lists and beyond 10 MB', () =>
    withServer({ FILE_OUTPUTS: 'data-uri' }, async (at) => {
      const ended = await runAs(NEW_PYTHON, MAKES, {}, at)
      expect(ended.output).toBe(HELLO_URI)
      expect((await find(at, ended.id)).output).toBe(HELLO_URI)
      const { results } = await bodyOf<{ results: WirePrediction[] }>(at.call('GET', '/v1/predictions'))
      expect(await textAt(results[0]?.output)).toBe('hello')
      expect((await runAs(NEW_PYTHON, MAKES, { size: 10_000_001 }, at)).output).toMatch(/^http:/)
      const streamed = await create(at, STREAMS, { count: 1 })
      const [event] = await readToEnd(streamUrlOf(streamed))
      expect(event?.data).toBe('data:text/plain;base64,ZmlsZSAw')
    }))

  test('with a public URL of https every client gets URLs of it', () =>
    withServer({ PUBLIC_URL: 'https://models.example' }, async (at) => {
      // Another Host than the public one is refused to keep foreign pages out.
      const client = new Replicate({
        auth: 'any',
        baseUrl: `${at.address}/v1`,
        fetch: (url, init) => fetch(String(url).replace('https://models.example', at.address), init),
      })
      const file = (await client.run(MAKES, { input: {} })) as FileOutput
      expect(file.url().href).toMatch(/^https:\/\/models\.example\/v1\/outputs\//)
      expect(await (await file.blob()).text()).toBe('hello')
      const urls: string[] = []
      for await (const { event, data } of client.stream(STREAMS, { input: { count: 1 } }))
        if (event === 'output') urls.push(String(data))
      expect(urls).toEqual([expect.stringMatching(/^https:\/\/models\.example\/v1\/outputs\//)])
    }))
})

describe('a stream of files', () => {
  async function dataOf(created: WirePrediction): Promise<string[]> {
    const events = await readToEnd(streamUrlOf(created))
    expect(events.map(({ seq }) => seq)).toEqual(events.keys().toArray())
    expect(endingOf(events)).toEqual([['done', {}]])
    return events.filter(({ event }) => event === 'output').map(({ data }) => data)
  }

  test('lies where the JavaScript client expects files, and that of a text does not', async () => {
    const files = await create(server, STREAMS, {})
    const text = await create(server, 'test/tokens', {})
    expect(new URL(streamUrlOf(files)).pathname).toMatch(/^\/v1\/files\/[^/]*-[^/]*$/)
    expect(new URL(streamUrlOf(text)).pathname).toMatch(/^\/v1\/streams\//)
    await endOf(server, files.id)
  })

  test('tells each file once, by URLs that are in the output, too', async () => {
    const created = await create(server, STREAMS, { count: 5 })
    const urls = await dataOf(created)
    expect(await Promise.all(urls.map(textAt))).toEqual(['file 0', 'file 1', 'file 2', 'file 3', 'file 4'])
    expect((await endOf(server, created.id)).output).toEqual(urls)
    expect(await dataOf(created)).toEqual(urls)
  })

  test('goes on after the last event that was seen', async () => {
    const created = await create(server, STREAMS, { count: 4 })
    const events = await readToEnd(streamUrlOf(created))
    expect(await readToEnd(streamUrlOf(created), events[1]?.id)).toEqual(events.slice(2))
  })

  test('tells a file while the model goes on, and serves it at once', async () => {
    const created = await create(server, STREAMS, { count: 2, hang_after: 1 })
    for await (const { data } of readEvents(streamUrlOf(created))) {
      expect(await textAt(data)).toBe('file 0')
      expect(await find(server, created.id)).toMatchObject({ status: 'processing', output: [data] })
      expect(await findAs(JAVASCRIPT, created)).toMatchObject({ output: ['data:text/plain;base64,ZmlsZSAw'] })
      break
    }
    await cancel(server, created.id)
  })

  test('tells no file before it is served, also where the disk is slow', async () => {
    const slow = await testServer(SETTINGS, { commitDelayMs: 100 })
    const created = await create(slow, STREAMS, { count: 2, hang_after: 1 })
    for await (const { data } of readEvents(streamUrlOf(created))) {
      expect(await textAt(data)).toBe('file 0')
      expect(await find(slow, created.id)).toMatchObject({ status: 'processing', output: [data] })
      break
    }
    await cancel(slow, created.id)
  })

  test('that is canceled keeps the files it has told, and they are served', async () => {
    const created = await create(server, STREAMS, { count: 3, hang_after: 2 })
    const urls: string[] = []
    const reading = readEvents(streamUrlOf(created))
    for await (const { event, data } of reading) {
      if (event !== 'output') continue
      urls.push(data)
      if (urls.length === 2) expect(await cancel(server, created.id)).toMatchObject({ output: urls })
    }
    expect(await Promise.all(urls.map(textAt))).toEqual(['file 0', 'file 1'])
    const events = await readToEnd(streamUrlOf(created))
    expect(events.map(({ data }) => data)).toEqual([...urls, '{"reason":"canceled"}'])
    expect(filesOf(server.dataDir, created.id)).toEqual(['output-0', 'output-1'])
  })

  test('shows the same to each reader as data URIs up to 10 MB, then as URLs', async () => {
    const size = 4_000_000
    const created = await create(server, STREAMS, { count: 4, size }, JAVASCRIPT)
    const live = await dataOf(created)
    expect(live.map((data) => data.slice(0, 5))).toEqual(['data:', 'data:', 'http:', 'http:'])
    expect(live[0]).toBe(`data:text/plain;base64,${Buffer.from('file 0'.padEnd(size, '.')).toString('base64')}`)
    expect(await textAt(live[3])).toBe('file 3'.padEnd(size, '.'))
    const replayed = await dataOf(created)
    expect(replayed.map((data) => hash('sha256', data))).toEqual(live.map((data) => hash('sha256', data)))
  })

  test('that fails keeps what it has told', async () => {
    const created = await create(server, 'test/odd-files', { how: 'yields' })
    const events = await readToEnd(streamUrlOf(created))
    expect(events.map(({ event }) => event)).toEqual(['output', 'error', 'done'])
    expect(await textAt(events[0]?.data)).toBe('<b>odd</b>')
    expect(await endOf(server, created.id)).toMatchObject({
      status: 'failed',
      error: 'failed on purpose',
      output: [events[0]?.data],
    })
  })
})

describe('whose data is removed between two looks at it', () => {
  let ended: WirePrediction
  beforeAll(async () => {
    ended = await runAs(JAVASCRIPT, STREAMS, { count: 2 })
    await rm(join(server.dataDir, 'predictions', ended.id), { recursive: true })
  })

  test('a stream of data URIs ends for its reader', async () => {
    const read = readToEnd(streamUrlOf(ended)).then(
      () => 'ended',
      () => 'broken off',
    )
    expect(await Promise.race([read, sleep(3_000, 'hangs')])).not.toBe('hangs')
  })

  test('a prediction with data URIs is shown', async () => {
    const response = await server.call('GET', `/v1/predictions/${ended.id}`, { headers: JAVASCRIPT })
    expect(response.status).toBe(200)
  })

  test('a URL is a page that is not there', async () => {
    const { output } = await find(server, ended.id)
    const [url] = Array.isArray(output) ? output : []
    expect((await fetch(String(url))).status).toBe(404)
  })
})

describe('nothing stays', () => {
  test('of a model that fails after it has made files', async () => {
    await leavingNoFolder(server.dataDir, async () => {
      expect(await run(server, 'test/odd-files', { how: 'fails' })).toMatchObject({ status: 'failed' })
    })
  })

  test('of a model that is canceled while its files are written', async () => {
    await leavingNoFolder(server.dataDir, async () => {
      const { id } = await create(server, MAKES, { shape: 'array', count: 1_000 })
      await eventually(() => expect(filesOf(server.dataDir, id)?.length).toBeGreaterThan(10))
      expect(await cancel(server, id)).toMatchObject({ status: 'canceled', output: null })
    })
  })

  test('of a model that gives out a file after it was canceled', async () => {
    const [first, second] = [testFolder(), testFolder()]
    writeFileSync(join(first, 'go'), '')
    expect(await run(server, 'test/late-files', { dir: first })).toMatchObject({ status: 'succeeded' })
    await leavingNoFolder(server.dataDir, async () => {
      const { id } = await create(server, 'test/late-files', { dir: second })
      await eventually(() => expect(existsSync(join(second, 'started'))).toBe(true))
      await cancel(server, id)
      writeFileSync(join(second, 'go'), '')
      // The runner takes the next only when it is done with this one.
      const next = await run(server, 'test/late-files', { dir: first })
      expect(next).toMatchObject({ status: 'succeeded' })
      await server.call('DELETE', `/v1/predictions/${next.id}`)
    })
  })

  test('of a model that gives out more than a thousand files', async () => {
    await leavingNoFolder(server.dataDir, async () => {
      expect(await run(server, MAKES, { shape: 'array', count: 1_001 })).toMatchObject({
        status: 'failed',
        output: null,
        error: expect.stringContaining('The output holds more than 1000 files'),
      })
    })
  })
})

test('a model that gives a type that is no text is told so', async () => {
  const ended = await run(server, 'test/odd-files', { how: 'number' })
  expect(ended).toMatchObject({ status: 'failed', error: expect.stringContaining('ctx.file') })
})
