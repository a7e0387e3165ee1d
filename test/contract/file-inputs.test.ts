/** What reaches a model of the files in an input, and what others see of them. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FileObject } from 'replicate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { type Description, described, descriptionOf } from '../support/described-files.ts'
import { cancel, create, endOf, find, post, run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { type SlowSite, slowSite } from '../support/slow-site.ts'
import { someModels } from '../support/some-models.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess } from '../support/test-server.ts'
import { serve } from '../support/web-server.ts'
import { bodyOf } from '../support/wire.ts'

const MODEL = 'test/describes-files'
const SETTINGS = { BUNDLED_MODELS: 'off', MODELS_DIR: someModels('describes-files', 'makes-files') }
const HELLO = Buffer.from('hello')
const HELLO_URI = 'data:text/plain;base64,aGVsbG8='
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const LARGE_BYTES = randomBytes(100_000)
const LARGE_URI = `data:image/x-test;base64,${LARGE_BYTES.toString('base64')}`
const CUT_URI = `${LARGE_URI.slice(0, 100)}…`
const LARGE_TEXT = 'text '.repeat(20_000)

let server: TestServer
beforeAll(async () => {
  server = await startServer(SETTINGS)
})
afterAll(() => server.close())

async function describeInput(input: Record<string, unknown>): Promise<Description> {
  return descriptionOf(await run(server, MODEL, input))
}

function upload(content: Buffer, name: string, type: string): Promise<FileObject> {
  return server.client.files.create(new File([new Uint8Array(content)], name, { type }))
}

function folderExists({ id }: WirePrediction, { dataDir } = server): boolean {
  return existsSync(join(dataDir, 'predictions', id))
}

describe('the official client', () => {
  test('sends what is in memory, in arrays and nested too', async () => {
    const input = {
      file: PNG,
      files: [new Blob(['hello'], { type: 'text/plain' }), new File([new Uint8Array(PNG)], 'pixel.png'), HELLO],
      nested: { layers: [{ mask: new File(['hello'], 'mask.md', { type: 'text/markdown' }) }, { note: 'no mask' }] },
    }
    const output = (await server.client.run(MODEL, { input })) as Description
    expect(output).toMatchObject({
      file: described(PNG, expect.stringMatching(/^buffer_\d+$/), 'image/png'),
      files: [
        described(HELLO, expect.stringMatching(/^blob_\d+$/), 'text/plain'),
        described(PNG, 'pixel.png', 'image/png'),
        described(HELLO, expect.stringMatching(/^buffer_\d+$/), 'application/octet-stream'),
      ],
      nested: [described(HELLO, 'mask.md', 'text/markdown'), null],
    })
  })

  test('sends URLs, data URIs and the URLs of its own uploads as they are', async () => {
    const { port } = await serve((_request, response) => response.end('from the web'))
    const file = await upload(HELLO, 'mine.txt', 'text/plain')
    const input = { files: [`http://127.0.0.1:${port}/a.txt`, HELLO_URI, file.urls.get] }
    const output = (await server.client.run(MODEL, { input })) as Description
    expect(output.files).toEqual([
      described(Buffer.from('from the web'), 'a.txt', 'text/plain'),
      described(HELLO, 'files-1.txt', 'text/plain'),
      described(HELLO, 'mine.txt', 'text/plain'),
    ])
  })
})

describe('a URL', () => {
  test('is downloaded, and the file has the type and the name that came with it', async () => {
    const { port } = await serve(({ url }, response) => {
      if (url === '/moved') return response.writeHead(302, { location: '/end/photo%20one.jpg?x=1' }).end()
      if (url === '/named')
        response.setHeader('content-disposition', `attachment; filename*=UTF-8''gr%C3%BC%C3%9Fe.txt`)
      else if (url === '/typed') response.setHeader('content-type', 'Image/WebP; x=y')
      response.end(url === '/pixel' ? PNG : 'hello')
    })
    const urls = ['/moved', '/named', '/typed', '/pixel', '/'].map((path) => `http://127.0.0.1:${port}${path}`)
    expect((await describeInput({ files: urls })).files).toEqual([
      described(HELLO, 'photo one.jpg', 'image/jpeg'),
      described(HELLO, 'grüße.txt', 'text/plain'),
      described(HELLO, 'typed', 'image/webp'),
      described(PNG, 'pixel', 'image/png'),
      described(HELLO, 'file', 'application/octet-stream'),
    ])
  })

  test('is downloaded in each of a hundred places', async () => {
    const { port } = await serve(({ url = '' }, response) => response.end(url))
    const urls = Array.from({ length: 100 }, (_, index) => `http://127.0.0.1:${port}/${index}`)
    const { files } = await describeInput({ files: urls })
    expect(files).toEqual(
      urls.map((_url, index) => described(Buffer.from(`/${index}`), `${index}`, 'application/octet-stream')),
    )
  })

  test('that only looks like one of ours is downloaded', async () => {
    const { port } = await serve((_request, response) => response.end('theirs'))
    const urls = ['/v1/files/abc', '/v1/files', '/v1/outputs/abc/x.txt'].map(
      (path) => `http://127.0.0.1:${port}${path}`,
    )
    const { files } = await describeInput({ files: urls })
    expect(files.map(({ sha256 }) => sha256)).toEqual(urls.map(() => described(Buffer.from('theirs'), '', '').sha256))
  })
})

test('a data URI is a file, named for its place and type', async () => {
  const pixel = `data:;base64,${PNG.toString('base64')}`
  const input = {
    file: LARGE_URI,
    files: ['data:text/plain,gr%C3%BC%C3%9Fe', pixel, 'data:,'],
    nested: { layers: [{}, { mask: HELLO_URI }] },
  }
  expect(await describeInput(input)).toMatchObject({
    file: described(LARGE_BYTES, 'file.bin', 'image/x-test'),
    files: [
      described(Buffer.from('grüße'), 'files-0.txt', 'text/plain'),
      described(PNG, 'files-1.png', 'image/png'),
      described(Buffer.alloc(0), 'files-2.bin', 'application/octet-stream'),
    ],
    nested: [null, described(HELLO, 'nested-layers-1-mask.txt', 'text/plain')],
  })
})

test('a file of 20 MB in a data URI reaches the model', async () => {
  const bytes = randomBytes(20_000_000)
  const { file } = await describeInput({ file: `data:image/x-test;base64,${bytes.toString('base64')}` })
  expect(file).toEqual(described(bytes, 'file.bin', 'image/x-test'))
})

describe('an upload of ours', () => {
  test('is known under every name of this server and under each form of its path', async () => {
    const { id, urls } = await upload(HELLO, 'mine.txt', 'text/markdown')
    const { port } = new URL(server.address)
    const forms = [
      urls.get,
      `http://localhost:${port}/v1/files/${id}`,
      `HTTP://LocalHost:${port}/v1/files/${id}/`,
      `http://127.0.0.1:${port}/v1/v1/files/${id}`,
      `http://[::1]:${port}/v1/files/${id}?x=1#y`,
      `https://models.example/v1/files/${id}`,
      `http://somewhere.invalid:1234/v1/v1/files/${id}/download?owner=a&expiry=1&signature=b`,
    ]
    expect((await describeInput({ files: forms })).files).toEqual(
      forms.map(() => described(HELLO, 'mine.txt', 'text/markdown')),
    )
  })

  test('that was deleted, or never was, is refused and told by its place', async () => {
    const { id, urls } = await upload(HELLO, 'mine.txt', 'text/plain')
    await server.client.files.delete(id)
    const response = await post(server, MODEL, { files: [HELLO_URI, urls.get] })
    expect(response.status).toBe(422)
    expect(await bodyOf<object>(response)).toMatchObject({
      detail: '- input.files.1: The file does not exist, or its time is over; upload it again\n',
    })
  })
})

test('a file of ours that is removed while it is taken is had or refused', async () => {
  const answers = new Set<number>()
  for (let round = 0; round < 30; round++) {
    const { id, urls } = await upload(HELLO, 'mine.txt', 'text/plain')
    const [created] = await Promise.all([
      post(server, MODEL, { files: [LARGE_URI, LARGE_URI, urls.get] }),
      server.client.files.delete(id),
    ])
    answers.add(created.status)
    if (created.status === 201) await cancel(server, (await bodyOf(created)).id)
  }
  expect([...answers].filter((status) => status !== 201 && status !== 422)).toEqual([])
})

describe('an output of ours', () => {
  /** A prediction that gives out one text file, and its URL. */
  async function output(content: string): Promise<{ prediction: WirePrediction; url: string }> {
    const prediction = await run(server, 'test/makes-files', { content, name: 'made.txt' })
    return { prediction, url: String(prediction.output) }
  }

  test('is known under every name of this server', async () => {
    const { url } = await output('made here')
    const { port, pathname } = new URL(url)
    const forms = [url, `http://localhost:${port}${pathname}`, `https://models.example/v1${pathname}`]
    expect((await describeInput({ files: forms })).files).toEqual(
      forms.map(() => described(Buffer.from('made here'), 'made.txt', 'text/plain')),
    )
  })

  test('stays for those who took it before its data was removed', async () => {
    const site = await slowSite()
    const { prediction, url } = await output('made here')
    const second = await create(server, MODEL, { file: url, files: [site.url] })
    const response = await site.asked()
    expect((await server.call('DELETE', `/v1/predictions/${prediction.id}`)).status).toBe(204)
    expect((await fetch(url)).status).toBe(404)
    expect((await post(server, MODEL, { file: url })).status).toBe(422)
    response.end('now')
    expect(descriptionOf(await endOf(server, second.id)).file).toEqual(
      described(Buffer.from('made here'), 'made.txt', 'text/plain'),
    )
  })

  test('with another secret is refused', async () => {
    const { url } = await output('made here')
    const response = await post(server, MODEL, { file: url.replace(/\/made\.txt$/, 'x/made.txt') })
    expect(response.status).toBe(422)
    expect(await response.text()).toContain('input.file: The file does not exist')
  })
})

describe('the input that is shown', () => {
  const sent = (site: SlowSite) => ({
    file: LARGE_URI,
    files: [site.url, HELLO_URI],
    nested: { layers: [{ mask: LARGE_URI, note: LARGE_TEXT }] },
    text: LARGE_TEXT,
    values: [1, 'two'],
    unknown: [LARGE_URI.slice(0, 1_000)],
  })
  const shown = (site: SlowSite) => ({
    ...sent(site),
    file: CUT_URI,
    nested: { layers: [{ mask: CUT_URI, note: LARGE_TEXT }] },
  })

  async function inList(id: string): Promise<WirePrediction | undefined> {
    const { results } = await bodyOf<{ results: WirePrediction[] }>(server.call('GET', '/v1/predictions'))
    return results.find((prediction) => prediction.id === id)
  }

  test('is what was sent until the run, and then with large data URIs cut short', async () => {
    const site = await slowSite()
    const input = sent(site)
    const created = await create(server, MODEL, input)
    expect(created.input).toEqual(input)
    const response = await site.asked()
    expect((await find(server, created.id)).input).toEqual(input)
    expect((await inList(created.id))?.input).toEqual(input)

    response.end('hello')
    const ended = await endOf(server, created.id)
    expect(descriptionOf(ended)).toEqual({
      file: described(LARGE_BYTES, 'file.bin', 'image/x-test'),
      files: [described(HELLO, 'slow.txt', 'text/plain'), described(HELLO, 'files-1.txt', 'text/plain')],
      nested: [described(LARGE_BYTES, 'nested-layers-0-mask.bin', 'image/x-test')],
      text: { length: LARGE_TEXT.length, begin: LARGE_TEXT.slice(0, 50) },
      values: 2,
    })
    expect(ended.input).toEqual(shown(site))
    expect((await inList(created.id))?.input).toEqual(shown(site))
  })

  test('of a prediction that was canceled while it waited is cut short, too', async () => {
    const site = await slowSite()
    const created = await create(server, MODEL, sent(site))
    await site.asked()
    expect((await cancel(server, created.id)).input).toEqual(shown(site))
    expect((await find(server, created.id)).input).toEqual(shown(site))
  })

  test('by an answer that waited for the end is what a later one shows', async () => {
    const input = { file: LARGE_URI, text: LARGE_TEXT }
    const ended = await run(server, MODEL, input)
    expect(ended.input).toEqual({ ...input, file: CUT_URI })
    expect(await find(server, ended.id)).toEqual(ended)
  })

  test('by an answer that gave up waiting is what was sent', async () => {
    const site = await slowSite()
    const input = sent(site)
    const response = await post(server, MODEL, input, { prefer: 'wait=1' })
    expect(response.status).toBe(202)
    const answered = await bodyOf(response)
    expect(answered).toMatchObject({ status: 'starting', output: null, input })
    await cancel(server, answered.id)
  })

  test('of a large value is whole also where the model has no file', async () => {
    const [text, values] = [LARGE_TEXT, Array.from({ length: 20_000 }, (_, index) => ({ index }))]
    const ended = await run(server, MODEL, { text, values })
    expect(descriptionOf(ended)).toMatchObject({ values: 20_000, text: { length: LARGE_TEXT.length } })
    expect(ended.input).toEqual({ text, values })
  })

  test('takes disk space only for what is still shown', async () => {
    const ended = await run(server, MODEL, { file: LARGE_URI, files: [HELLO_URI] })
    await expect.poll(() => folderExists(ended)).toBe(false)
    const large = await run(server, MODEL, { file: LARGE_URI, text: LARGE_TEXT })
    expect(folderExists(large)).toBe(true)
  })
})

test('trap 24: a text that looks like a URL and is not declared as a file stays as it is', async () => {
  const site = await slowSite()
  const { urls } = await upload(HELLO, 'mine.txt', 'text/plain')
  const input = {
    text: site.url,
    values: [site.url, urls.get, HELLO_URI],
    unknown: site.url,
    more: { file: LARGE_URI },
  }
  const ended = await run(server, MODEL, input)
  expect(descriptionOf(ended)).toEqual({
    file: null,
    files: [],
    nested: [],
    text: { length: site.url.length, begin: site.url.slice(0, 50) },
    values: 3,
  })
  expect(ended.input).toEqual(input)
  expect(site.count()).toBe(0)
})

test('an input with files and an idempotency key is taken once', async () => {
  const site = await slowSite()
  const headers = { 'idempotency-key': 'files once' }
  const input = { file: LARGE_URI, files: [site.url] }
  const [first, second] = await Promise.all([
    create(server, MODEL, input, headers),
    create(server, MODEL, input, headers),
  ])
  expect(second?.id).toBe(first?.id)
  const response = await site.asked()
  expect((await create(server, MODEL, input, headers)).input).toEqual(input)
  response.end('hello')
  const ended = await endOf(server, first?.id ?? '')
  expect(descriptionOf(ended).files).toEqual([described(HELLO, 'slow.txt', 'text/plain')])
  expect(await create(server, MODEL, input, headers)).toEqual(ended)
  expect(site.count()).toBe(1)
  const other = await post(server, MODEL, { ...input, file: HELLO_URI }, headers)
  expect(other.status).toBe(422)
  expect((await find(server, ended.id)).status).toBe('succeeded')
})

test('a prediction with files that is put twice at the same time runs once, with its files', async () => {
  const id = '0123456789abcdefghjkmnpqrs'
  const body = { version: MODEL, input: { file: LARGE_URI, files: [HELLO_URI] } }
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => server.call('PUT', `/v1/predictions/${id}`, { body, headers: { prefer: 'wait' } })),
  )
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201))
  for (const answer of answers)
    expect(descriptionOf(await bodyOf(answer))).toMatchObject({
      file: described(LARGE_BYTES, 'file.bin', 'image/x-test'),
      files: [described(HELLO, 'files-0.txt', 'text/plain')],
    })
  const other = { ...body, input: { file: HELLO_URI } }
  expect((await server.call('PUT', `/v1/predictions/${id}`, { body: other })).status).toBe(422)
})

test('what waits with its files survives a kill, and the files that were deleted meanwhile', async () => {
  const dataDir = testFolder()
  const site = await slowSite()
  const first = await testProcess(dataDir, SETTINGS)
  const file = await first.client.files.create(new File(['uploaded'], 'up.txt', { type: 'text/plain' }))
  const made = await run(first, 'test/makes-files', { content: 'made', name: 'made.txt' })
  const input = {
    file: LARGE_URI,
    files: [file.urls.get, site.url, String(made.output)],
    text: LARGE_TEXT,
    nested: { layers: [{ mask: LARGE_URI, note: LARGE_TEXT }] },
  }
  const { id } = await create(first, MODEL, input)
  await site.asked()
  await first.client.files.delete(file.id)
  await first.call('DELETE', `/v1/predictions/${made.id}`)
  await first.stop('SIGKILL')

  const second = await testProcess(dataDir, SETTINGS)
  const response = await site.asked()
  expect((await find(second, id)).input).toEqual(input)
  response.end('hello')
  const ended = await endOf(second, id)
  expect(descriptionOf(ended)).toEqual({
    file: described(LARGE_BYTES, 'file.bin', 'image/x-test'),
    files: [
      described(Buffer.from('uploaded'), 'up.txt', 'text/plain'),
      described(HELLO, 'slow.txt', 'text/plain'),
      described(Buffer.from('made'), 'made.txt', 'text/plain'),
    ],
    nested: [described(LARGE_BYTES, 'nested-layers-0-mask.bin', 'image/x-test')],
    text: { length: LARGE_TEXT.length, begin: LARGE_TEXT.slice(0, 50) },
    values: null,
  })
  expect(ended.input).toEqual({
    ...input,
    file: CUT_URI,
    nested: { layers: [{ mask: CUT_URI, note: LARGE_TEXT }] },
  })
})
