/** The bundled model that enlarges pictures, as somebody would use it: with every way of sending one. */
import { crc32, deflateSync } from 'node:zlib'
import Replicate from 'replicate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MULTIPART, multipartBody } from '../support/multipart.ts'
import { decodePicture, encodePng } from '../support/pictures.ts'
import { run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { testServer } from '../support/test-server.ts'
import { serve } from '../support/web-server.ts'
import { bodyOf } from '../support/wire.ts'

const MODEL = 'reprise/upscaler'
const [WIDTH, HEIGHT] = [24, 16]

let server: TestServer
let small: Buffer
beforeAll(async () => {
  server = await startServer()
  const data = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => 128 + 100 * Math.sin(i / 7))
  small = await encodePng({ width: WIDTH, height: HEIGHT, channels: 3, data })
})
afterAll(() => server.close())

const dataUri = (bytes: Uint8Array) => `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`

async function expectEnlarged(bytes: Uint8Array, scale: number): Promise<void> {
  const { width, height } = await decodePicture(bytes)
  expect({ width, height }).toEqual({ width: WIDTH * scale, height: HEIGHT * scale })
}

async function fetchOutput(output: unknown): Promise<Uint8Array> {
  const response = await fetch(String(output))
  expect(response.headers.get('content-type')).toBe('image/png')
  return new Uint8Array(await response.arrayBuffer())
}

async function bytesOf(output: object): Promise<Uint8Array> {
  if (!(output instanceof ReadableStream)) throw new Error(`The client made no file of ${output}`)
  return new Uint8Array(await new Response(output).arrayBuffer())
}

test('the official client sends bytes and gets a file with the bytes of a larger picture', async () => {
  await expectEnlarged(await bytesOf(await server.client.run(MODEL, { input: { image: small } })), 2)
})

test('behind https the official client gets a file by its URL', async () => {
  const behind = await testServer({ PUBLIC_URL: 'https://models.example' })
  const client = new Replicate({ auth: 'any', baseUrl: `${behind.address}/v1` })
  const output = await client.run(MODEL, { input: { image: dataUri(small) } })
  expect(output).toBeInstanceOf(ReadableStream)
  const url = new URL(String(output))
  expect(url.href).toMatch(/^https:\/\/models\.example\/v1\/outputs\/.+\/image-2x\.png$/)
  await expectEnlarged(await fetchOutput(behind.address + url.pathname), 2)
})

describe('without an SDK', () => {
  test('a data URI works, and the output is a URL that shows a picture', async () => {
    const { output } = await run(server, MODEL, { image: dataUri(small), scale: 4 })
    await expectEnlarged(await fetchOutput(output), 4)
  })

  test('an upload works', async () => {
    const body = multipartBody([{ name: 'content', filename: 'cat.png', type: 'image/png', content: small }])
    const uploaded = await bodyOf<{ urls: { get: string } }>(
      fetch(`${server.address}/v1/files`, { method: 'POST', headers: MULTIPART, body }),
    )
    const { output } = await run(server, MODEL, { image: uploaded.urls.get })
    expect(output).toMatch(/\/cat-2x\.png$/)
    await expectEnlarged(await fetchOutput(output), 2)
  })

  test('the URL of a picture on the web works', async () => {
    const { port } = await serve((_request, response) => response.setHeader('content-type', 'image/png').end(small))
    const { output } = await run(server, MODEL, { image: `http://127.0.0.1:${port}/cats/tom.png?size=small` })
    expect(output).toMatch(/\/tom-2x\.png$/)
    await expectEnlarged(await fetchOutput(output), 2)
  })

  test('the output of one run is the input of the next', async () => {
    const first = await run(server, MODEL, { image: dataUri(small) })
    const { output } = await run(server, MODEL, { image: first.output })
    await expectEnlarged(await fetchOutput(output), 4)
  })
})

describe('a picture that cannot be enlarged fails with the reason, and leaves the model as it was', () => {
  test.each<[what: string, make: () => Uint8Array, reason: RegExp]>([
    ['a truncated PNG', () => small.subarray(0, small.length / 2), /image\.png is damaged: it ends too soon/],
    ['a bomb of 30,000 x 30,000 pixels', () => bomb(30_000), /30000 x 30000 = 900,000,000 pixels/],
    ['a text', () => Buffer.from('no picture at all'), /image\.png cannot be read as a PNG, JPEG or WebP picture/],
    ['an SVG', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), /cannot be read/],
  ])('%s', async (_what, make, reason) => {
    const failed = await run(server, MODEL, { image: dataUri(make()) })
    expect(failed).toMatchObject({ status: 'failed', output: null, error: expect.stringMatching(reason) })
    const { output } = await run(server, MODEL, { image: dataUri(small) })
    await expectEnlarged(await fetchOutput(output), 2)
  })
})

/** A small file that becomes a huge picture: black, one bit for each pixel. */
function bomb(side: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header[8] = 1
  const rows = deflateSync(Buffer.alloc(side * (Math.ceil(side / 8) + 1)), { level: 1 })
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', rows),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

function pngChunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type), data])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  check.writeUInt32BE(crc32(typed))
  return Buffer.concat([length, typed, check])
}
