/** Files that cannot be had: the prediction is refused or fails with the reason, and nothing of it stays on the disk. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import Replicate from 'replicate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { HurryingClock } from '../support/clock.ts'
import { described, descriptionOf } from '../support/described-files.ts'
import { foldersIn, leavingNoFolder } from '../support/prediction-folders.ts'
import { cancel, create, endOf, find, post, run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { slowSite } from '../support/slow-site.ts'
import { someModels } from '../support/some-models.ts'
import { testFolder } from '../support/temporary.ts'
import { testServer } from '../support/test-server.ts'
import { serve } from '../support/web-server.ts'
import { bodyOf } from '../support/wire.ts'

const MODEL = 'test/describes-files'
const SETTINGS = { BUNDLED_MODELS: 'off', MODELS_DIR: someModels('describes-files') }
const HELLO_URI = 'data:text/plain;base64,aGVsbG8='
const LIMIT = 100_000_000

const clock = new HurryingClock()
let server: TestServer
beforeAll(async () => {
  server = await startServer(SETTINGS, { clock })
})
afterAll(() => server.close())

/** The error of a prediction that has to fail, and to leave nothing. */
async function failureOf(input: Record<string, unknown>, at = server): Promise<string | null> {
  const ended = await leavingNoFolder(at.dataDir, () => run(at, MODEL, input))
  expect(ended).toMatchObject({ status: 'failed', output: null })
  return ended.error
}

interface Refusal {
  detail: string
  invalid_fields: { type: string; field: string; description: string }[]
}

/** What a create answers that has to be refused, and to leave nothing. */
async function refusalOf(input: Record<string, unknown>, at: Pick<TestServer, 'call' | 'dataDir'> = server) {
  return leavingNoFolder(at.dataDir, async () => {
    const response = await post(at, MODEL, input)
    expect(response.status).toBe(422)
    return bodyOf<Refusal>(response)
  })
}

/** Sends zeros until the other side has enough; tells how many bytes went. */
async function sendZeros(response: ServerResponse, most: number): Promise<number> {
  let sent = 0
  const zeros = function* () {
    const piece = Buffer.alloc(256 * 1024)
    for (; sent < most; sent += piece.length) yield piece
  }
  await pipeline(zeros, response).catch(() => {})
  return sent
}

describe('a download fails that', () => {
  test('is too large by its own account', async () => {
    const { port } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 2 * LIMIT }).flushHeaders()
    })
    const url = `http://127.0.0.1:${port}/film.mp4`
    expect(await failureOf({ file: url })).toBe(`input.file: ${url} could not be downloaded: it is larger than 100 MB`)
  })

  test('turns out to be too large', async () => {
    const sent = Promise.withResolvers<number>()
    const { port } = await serve((_request, response) => sent.resolve(sendZeros(response, 2 * LIMIT)))
    const url = `http://127.0.0.1:${port}/film.mp4`
    expect(await failureOf({ files: [HELLO_URI, url] })).toBe(
      `input.files.1: ${url} could not be downloaded: it is larger than 100 MB`,
    )
    expect(await sent.promise).toBeLessThan(2 * LIMIT)
  })

  test('redirects ten times', async () => {
    const { port } = await serve(({ url = '' }, response) => {
      const left = Number(url.slice(1))
      if (left === 0) response.end('arrived')
      else response.writeHead(302, { location: `/${left - 1}` }).end()
    })
    expect(await failureOf({ file: `http://127.0.0.1:${port}/10` })).toMatch(/: it redirects more than 5 times$/)
  })

  test('redirects to a metadata service, although private networks may be reached', async () => {
    const { port } = await serve((_request, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
    )
    expect(await failureOf({ file: `http://127.0.0.1:${port}/` })).toMatch(
      /: the address 169\.254\.169\.254 is .* never allowed$/,
    )
  })

  test('redirects to a file', async () => {
    const { port } = await serve((_request, response) =>
      response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    )
    expect(await failureOf({ file: `http://127.0.0.1:${port}/` })).toMatch(/: it begins with file: instead of/)
  })

  test('is answered 404', async () => {
    const { port } = await serve((_request, response) => response.writeHead(404).end('no such page'))
    const url = `http://127.0.0.1:${port}/gone.png`
    expect(await failureOf({ nested: { layers: [{ mask: HELLO_URI }, { mask: url }] } })).toBe(
      `input.nested.layers.1.mask: ${url} could not be downloaded: the server answered 404`,
    )
  })

  test('names a host that nobody knows', async () => {
    expect(await failureOf({ file: 'http://nowhere.invalid/a.png' })).toBe(
      'input.file: http://nowhere.invalid/a.png could not be downloaded: the name nowhere.invalid cannot be resolved',
    )
  })

  test('breaks off in the middle', async () => {
    const { port } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 1_000 }).write('x', () => response.destroy())
    })
    expect(await failureOf({ file: `http://127.0.0.1:${port}/` })).toMatch(
      /: the server closed the connection too early$/,
    )
  })

  test('drips for longer than a download may take', async () => {
    const hasty = await testServer({ ...SETTINGS, DOWNLOAD_TIMEOUT: '1s' })
    const { port } = await serve((_request, response) => {
      const drip = setInterval(() => response.write('x'), 20)
      response.on('close', () => clearInterval(drip))
    })
    expect(await failureOf({ file: `http://127.0.0.1:${port}/` }, hasty)).toMatch(/: it was not downloaded within 1s$/)
  })

  test('is one of several, and ends the others', async () => {
    const site = await slowSite()
    const others = Array.from({ length: 3 }, () => site.url)
    const { port } = await serve(async (_request, response) => {
      const waiting = await Promise.all(others.map(() => site.asked()))
      for (const other of waiting) {
        closed.push(once(other, 'close'))
        other.write('begun')
      }
      response.writeHead(404).end()
    })
    const closed: Promise<unknown>[] = []
    expect(await failureOf({ files: [...others, `http://127.0.0.1:${port}/`] })).toMatch(/^input\.files\.3: .* 404$/)
    expect(closed).toHaveLength(3)
    await Promise.all(closed)
  })
})

describe('a create is refused whose file', () => {
  const NO_URL = /^The URL cannot be used: /
  const NO_URI = /^Does not match format 'uri'$/

  test.each<[file: string, description: RegExp]>([
    ['file:///etc/passwd', NO_URL],
    ['ftp://example.com/a.png', NO_URL],
    ['javascript:alert(1)', NO_URL],
    ['http:\\\\127.0.0.1\\a.png', NO_URL],
    ['http://127.0.0.1\\@example.com/', NO_URL],
    ['http://user:secret@example.com/a.png', NO_URL],
    ['http://user@example.com/a.png', NO_URL],
    [' http://example.com/a.png', NO_URI],
    ['http://example.com/a\n.png', NO_URL],
    ['http://[', NO_URL],
    ['http:///a.png', NO_URL],
    ['//example.com/a.png', NO_URI],
    ['/etc/passwd', NO_URI],
    ['photo.png', NO_URI],
    ['', NO_URI],
    ['data:image/png;base64', /^The data URI is damaged/],
    ['data:image/png;base64,aGVsb', /^The data URI is damaged/],
    ['data:text/plain,50%', /^The data URI is damaged/],
  ])('is %j', async (file, description) => {
    const { detail, invalid_fields: fields } = await refusalOf({ file, files: [HELLO_URI] })
    expect(fields).toEqual([{ type: 'format', field: 'input.file', description: expect.stringMatching(description) }])
    expect(detail).toBe(`- input.file: ${fields[0]?.description}\n`)
    expect(detail).not.toContain('secret')
  })

  test('is one of several that are wrong, which are told together', async () => {
    const { invalid_fields: fields } = await refusalOf({
      file: 'ftp://example.com',
      files: [HELLO_URI, 'data:image/png;base64,aGVsb'],
      nested: { layers: [{ mask: 'file:///etc/passwd' }] },
    })
    expect(fields.map(({ field }) => field)).toEqual(['input.file', 'input.files.1', 'input.nested.layers.0.mask'])
  })

  test('is the hundred and first', async () => {
    const { detail } = await refusalOf({ files: Array.from({ length: 101 }, () => HELLO_URI) })
    expect(detail).toBe('- input: Must hold at most 100 files\n')
  })

  test('is the client itself with its token, as one client has it (trap 29)', async () => {
    const client = new Replicate({
      auth: 'r8_token',
      baseUrl: `${server.address}/v1`,
      fileEncodingStrategy: 'data-uri',
    })
    const error = await leavingNoFolder(server.dataDir, () =>
      client.run(MODEL, { input: { file: Buffer.from('hello') } }).catch((error: unknown) => error),
    )
    expect(error).toMatchObject({ message: expect.stringContaining('The input is the client itself') })
    expect(String(error)).not.toContain('r8_token')
  })
})

describe('where private networks must not be reached', () => {
  let closed: TestServer
  beforeAll(async () => {
    closed = await startServer({ ...SETTINGS, PRIVATE_NETWORK: 'off' })
  })
  afterAll(() => closed.close())

  test.each([
    'http://127.0.0.1:PORT/',
    'http://localhost:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[::1]:PORT/',
    'http://0x7f000001:PORT/',
    'http://2130706433:PORT/',
    'http://127.1:PORT/',
    'http://0.0.0.0:PORT/',
  ])('%s is refused, and nobody sees a request', async (form) => {
    const { port, connections } = await serve((_request, response) => response.end('secret'))
    expect(await failureOf({ file: form.replace('PORT', String(port)) }, closed)).toMatch(
      /: the address \S+(?: \S+)? is in a private network; REPRISE_PRIVATE_NETWORK=on allows it$/,
    )
    expect(connections).toEqual([])
  })

  test('uploads and outputs of this server are had all the same', async () => {
    const file = await closed.client.files.create(new File(['mine'], 'mine.txt', { type: 'text/plain' }))
    expect(descriptionOf(await run(closed, MODEL, { file: file.urls.get })).file).toEqual(
      described(Buffer.from('mine'), 'mine.txt', 'text/plain'),
    )
  })
})

describe('among two accounts', () => {
  const [alice, bob] = [{ authorization: 'Bearer a' }, { authorization: 'Bearer b' }]
  let shared: TestServer
  let upload: { id: string; url: string }
  beforeAll(async () => {
    shared = await startServer({ ...SETTINGS, API_TOKENS: 'alice:a,bob:b' })
    const client = new Replicate({ auth: 'a', baseUrl: `${shared.address}/v1` })
    const { id, urls } = await client.files.create(new File(['private'], 'private.txt'))
    upload = { id, url: urls.get }
  })
  afterAll(() => shared.close())

  /** The server, asked by one account. */
  function as(headers: Record<string, string>): Pick<TestServer, 'call' | 'dataDir'> {
    return {
      dataDir: shared.dataDir,
      call: (method, path, options = {}) =>
        shared.call(method, path, { ...options, headers: { ...options.headers, ...headers } }),
    }
  }

  test('an upload is the file of the account that it belongs to', async () => {
    const { file } = descriptionOf(await run(as(alice), MODEL, { file: upload.url }))
    expect(file).toEqual(described(Buffer.from('private'), 'private.txt', 'text/plain'))
  })

  test("somebody else's upload is refused as if it did not exist", async () => {
    const theirs = await refusalOf({ file: upload.url }, as(bob))
    expect(theirs).toEqual(await refusalOf({ file: upload.url.replace(upload.id, 'nothing') }, as(bob)))
    expect(theirs.detail).toContain('input.file: The file does not exist')
  })

  test.each(['localhost', '[::ffff:127.0.0.1]'])(
    "somebody else's upload is not had under the name %s either",
    async (name) => {
      const url = upload.url.replace('127.0.0.1', name)
      const ended = await leavingNoFolder(shared.dataDir, () => run(as(bob), MODEL, { file: url }))
      expect(ended).toMatchObject({ status: 'failed', output: null })
    },
  )

  test('the downloads of one that hang do not hold up those of the other', async () => {
    const site = await slowSite()
    const hanging = await create(as(alice), MODEL, { files: Array.from({ length: 100 }, () => site.url) })
    await site.asked()
    const { port, connections } = await serve((_request, response) => response.end('hello'))
    const other = await create(as(bob), MODEL, { file: `http://127.0.0.1:${port}/` })
    try {
      await expect.poll(() => connections, { timeout: 3_000 }).toHaveLength(1)
    } finally {
      await cancel(as(alice), hanging.id)
      await endOf(as(bob), other.id)
    }
  })
})

describe('while a download hangs', () => {
  test('a cancel ends it, and its connection', async () => {
    const site = await slowSite()
    await leavingNoFolder(server.dataDir, async () => {
      const { id } = await create(server, MODEL, { file: site.url, files: [HELLO_URI] })
      const response = await site.asked()
      const closed = once(response, 'close')
      response.write('begun')
      expect(await cancel(server, id)).toMatchObject({ status: 'canceled', output: null, error: null })
      await closed
      expect(await find(server, id)).toMatchObject({ status: 'canceled', output: null })
    })
  })

  test('its end by Cancel-After is an abort: nothing can have run', async () => {
    const site = await slowSite()
    await leavingNoFolder(server.dataDir, async () => {
      const aborted = clock.hurry(6_000, () =>
        create(server, MODEL, { file: site.url }, { 'cancel-after': '5s', prefer: 'wait' }),
      )
      expect(await aborted).toMatchObject({ status: 'aborted', output: null, error: null })
    })
  })

  test('others go on', async () => {
    const site = await slowSite()
    const { id } = await create(server, MODEL, { file: site.url })
    const response = await site.asked()
    expect(descriptionOf(await run(server, MODEL, { file: HELLO_URI })).file).toMatchObject({ size: 5 })
    response.end('hello')
    expect(descriptionOf(await endOf(server, id)).file).toMatchObject({ size: 5 })
  })

  test('a shutdown leaves it in the queue, and the next start runs it', async () => {
    const settings = { ...SETTINGS, DATA_DIR: testFolder() }
    const site = await slowSite()
    const first = await testServer(settings)
    const input = { file: site.url, files: [HELLO_URI] }
    const { id } = await create(first, MODEL, input)
    const closed = once(await site.asked(), 'close')
    await Promise.all([closed, first.close()])
    expect(foldersIn(settings.DATA_DIR)).toEqual([id])

    const second = await testServer(settings)
    const response = await site.asked()
    expect(await find(second, id)).toMatchObject({ status: 'starting', input })
    response.end('hello')
    const ended: WirePrediction = await endOf(second, id)
    expect(descriptionOf(ended)).toMatchObject({
      file: described(Buffer.from('hello'), 'slow.txt', 'text/plain'),
      files: [{ size: 5 }],
    })
  })
})
