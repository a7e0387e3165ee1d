import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { type DownloadOptions, download } from '../../src/outbound/download.ts'
import { testFolder } from '../support/temporary.ts'
import { closedPort, serve } from '../support/web-server.ts'
import { PUBLIC, publicAgent, testAgent } from './agents.ts'

const MB = 1_000_000

function options(changes: Partial<DownloadOptions> = {}): DownloadOptions {
  return {
    agent: testAgent({ privateNetwork: true }),
    limitBytes: MB,
    deadlineMs: 30_000,
    signal: new AbortController().signal,
    ...changes,
  }
}

async function site(listener: RequestListener): Promise<string> {
  const { port } = await serve(listener)
  return `http://127.0.0.1:${port}`
}

/** What a download that has to fail throws; it must leave nothing in its folder. */
async function failure(url: string, changes: Partial<DownloadOptions> = {}): Promise<unknown> {
  const folder = testFolder()
  const error = await download(new URL(url), join(folder, 'file'), options(changes)).then(
    () => expect.unreachable('it was downloaded'),
    (error: unknown) => error,
  )
  expect(readdirSync(folder)).toEqual([])
  return error
}

function redirect(response: ServerResponse, location: string, status = 302): void {
  response.writeHead(status, { location }).end()
}

/** Sends zeros until the other side has enough; tells how many bytes went. */
async function sendZeros(response: ServerResponse, most: number): Promise<number> {
  let sent = 0
  const zeros = function* () {
    const piece = Buffer.alloc(64 * 1024)
    for (; sent < most; sent += piece.length) yield piece
  }
  await pipeline(zeros, response).catch(() => {})
  return sent
}

test('a file is written as it came, with its size, its type and its name', async () => {
  const bytes = randomBytes(MB)
  const asked: IncomingMessage[] = []
  const origin = await site((request, response) => {
    asked.push(request)
    response.writeHead(200, { 'content-type': 'Image/PNG; charset=binary' }).end(bytes)
  })
  const path = join(testFolder(), 'file')
  expect(await download(new URL(`${origin}/a/picture%201.png?size=2`), path, options())).toEqual({
    size: MB,
    contentType: 'image/png',
    name: 'picture 1.png',
  })
  expect(readFileSync(path).equals(bytes)).toBe(true)
  expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /a/picture%201.png?size=2'])
  expect(asked[0]?.headers).toEqual({
    host: new URL(origin).host,
    connection: 'keep-alive',
    accept: '*/*',
    'accept-encoding': 'identity',
    'user-agent': 'reprise',
  })
})

test('an empty file without a useful type is a file', async () => {
  const origin = await site((_request, response) =>
    response.writeHead(200, { 'content-type': 'binary/octet-stream' }).end(),
  )
  const path = join(testFolder(), 'file')
  expect(await download(new URL(origin), path, options())).toMatchObject({
    size: 0,
    contentType: undefined,
    name: 'file',
  })
  expect(readFileSync(path)).toHaveLength(0)
})

test.each([301, 302, 303, 307, 308])('redirects of status %i are followed, whatever form they have', async (status) => {
  const asked: (string | undefined)[] = []
  const origin = await site((request, response) => {
    asked.push(request.url)
    const { host } = request.headers
    const targets: Record<string, string> = {
      '/a/start': 'next?x=1',
      '/a/next?x=1': '/b/third',
      '/b/third': `//${host}/fourth`,
      '/fourth': `http://${host}/fifth.txt#part`,
    }
    const target = targets[request.url ?? '']
    response.setHeader('set-cookie', 'a=b')
    if (target === undefined) response.end(`cookie: ${request.headers.cookie}`)
    else redirect(response, target, status)
  })
  const path = join(testFolder(), 'file')
  expect(await download(new URL(`${origin}/a/start`), path, options())).toMatchObject({ name: 'fifth.txt' })
  expect(readFileSync(path, 'utf8')).toBe('cookie: undefined')
  expect(asked).toEqual(['/a/start', '/a/next?x=1', '/b/third', '/fourth', '/fifth.txt'])
})

/** `/5` redirects five times. */
const countdown: RequestListener = ({ url = '' }, response) => {
  const left = Number(url.slice(1))
  if (left === 0) response.end('arrived')
  else redirect(response, `/${left - 1}`)
}

test('five redirects are followed', async () => {
  const path = join(testFolder(), 'file')
  await download(new URL(`${await site(countdown)}/5`), path, options())
  expect(readFileSync(path, 'utf8')).toBe('arrived')
})

test.each([6, 10])('a chain of %i redirects is given up', async (count) => {
  expect(await failure(`${await site(countdown)}/${count}`)).toMatchObject({
    code: 'invalid',
    message: 'it redirects more than 5 times',
  })
})

test('a URL that redirects to itself is asked six times', async () => {
  let asked = 0
  const origin = await site((request, response) => {
    asked += 1
    redirect(response, request.url ?? '')
  })
  expect(await failure(`${origin}/loop`)).toMatchObject({ message: 'it redirects more than 5 times' })
  expect(asked).toBe(6)
})

test('a redirect is followed at once, however long its body is', async () => {
  const closed: Promise<unknown>[] = []
  const origin = await site((request, response) => {
    if (request.url === '/target') return response.end('arrived')
    closed.push(once(response, 'close'))
    response.writeHead(302, { location: '/target' })
    void sendZeros(response, Number.POSITIVE_INFINITY)
  })
  const path = join(testFolder(), 'file')
  await download(new URL(origin), path, options())
  expect(readFileSync(path, 'utf8')).toBe('arrived')
  expect(closed).toHaveLength(1)
  await Promise.all(closed)
})

test.each([
  ['http://127.0.0.1:PORT/', /^the address 127\.0\.0\.1 is in a private network/],
  ['http://[::ffff:127.0.0.1]:PORT/', /^the address ::ffff:7f00:1 is in a private network/],
  ['http://2130706433:PORT/', /^the address 127\.0\.0\.1 is in a private network/],
  ['http://intranet.example:PORT/', /^the address of intranet\.example is in a private network/],
  ['http://169.254.169.254/latest/meta-data/', /^the address 169\.254\.169\.254 is .* never allowed$/],
  ['\\\\127.0.0.1:PORT\\', /^the address 127\.0\.0\.1 is in a private network/],
  ['file:///etc/passwd', /^it begins with file: instead of http: or https:$/],
  ['data:text/plain,hi', /^it begins with data: instead of http: or https:$/],
  ['http://user@public.example/', /^it contains a user name or a password$/],
  ['http://[', /^it redirects to something that is not a URL$/],
])('a public site that redirects to %s is refused', async (location, message) => {
  const server = await serve(({ headers }, response) => {
    if (headers.host?.startsWith('public.example')) redirect(response, location.replace('PORT', String(server.port)))
    else response.end('secret')
  })
  const agent = publicAgent({ 'public.example': [PUBLIC], 'intranet.example': ['127.0.0.1'] })
  expect(await failure(`http://public.example:${server.port}/`, { agent })).toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(message),
  })
  expect(server.connections).toEqual([PUBLIC])
})

test('with private networks a redirect to a metadata service is refused all the same', async () => {
  const origin = await site((_request, response) => redirect(response, 'http://169.254.169.254/latest/meta-data/'))
  expect(await failure(origin)).toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/^the address 169\.254\.169\.254 is .* never allowed$/),
  })
})

test.each([201, 204, 206, 300, 304, 400, 404, 500, 503])('the answer %i is no file', async (status) => {
  const origin = await site((_request, response) => response.writeHead(status).end())
  expect(await failure(origin)).toMatchObject({ code: 'invalid', message: `the server answered ${status}` })
})

test('a redirect that does not say where to is no file', async () => {
  const origin = await site((_request, response) => response.writeHead(302).end('somewhere'))
  expect(await failure(origin)).toMatchObject({ code: 'invalid', message: 'the server answered 302' })
})

test('a file that is larger than the limit by its own account is refused before it comes', async () => {
  const origin = await site((_request, response) => {
    response.writeHead(200, { 'content-length': 200 * MB }).flushHeaders()
  })
  expect(await failure(origin)).toMatchObject({ code: 'invalid', message: 'it is larger than 1 MB' })
})

test('a file that does not tell its size is cut off at the limit', async () => {
  const sent = Promise.withResolvers<number>()
  const origin = await site((_request, response) => sent.resolve(sendZeros(response, 200 * MB)))
  expect(await failure(origin)).toMatchObject({ code: 'invalid', message: 'it is larger than 1 MB' })
  expect(await sent.promise).toBeLessThan(100 * MB)
})

test.each([
  [1_000, 'kept'],
  [999, 'refused'],
])('of a limit of %i bytes 1000 bytes are %s', async (limitBytes, fate) => {
  const origin = await site((_request, response) => response.write(Buffer.alloc(1_000), () => response.end()))
  if (fate === 'kept') {
    expect(await download(new URL(origin), join(testFolder(), 'file'), options({ limitBytes }))).toMatchObject({
      size: 1_000,
    })
  } else {
    expect(await failure(origin, { limitBytes })).toMatchObject({ message: 'it is larger than 999 bytes' })
  }
})

const OVERDUE = { code: 'unavailable', message: 'it was not downloaded within 0.3s' }

test('a server that sends a byte now and then is left at the deadline', async () => {
  const origin = await site((_request, response) => {
    const drip = setInterval(() => response.write('x'), 20)
    response.on('close', () => clearInterval(drip))
  })
  expect(await failure(origin, { deadlineMs: 300 })).toMatchObject(OVERDUE)
})

test('a server that never answers is left at the deadline', async () => {
  const origin = await site(() => {})
  expect(await failure(origin, { deadlineMs: 300 })).toMatchObject(OVERDUE)
})

test('a name server that never answers is left at the deadline', async () => {
  const agent = testAgent({ privateNetwork: true, lookup: () => {} })
  expect(await failure('http://slow.example/', { agent, deadlineMs: 300 })).toMatchObject(OVERDUE)
})

test('the deadline is one for all redirects', async () => {
  const origin = await site((request, response) => {
    setTimeout(() => redirect(response, `${request.url}x`), 100)
  })
  expect(await failure(`${origin}/`, { deadlineMs: 300 })).toMatchObject(OVERDUE)
})

test.each<[name: string, headers: Record<string, string>, close: (response: ServerResponse) => void]>([
  ['with a length', { 'content-length': '1000' }, ({ socket }) => socket?.end()],
  ['without a length', { 'transfer-encoding': 'chunked' }, ({ socket }) => socket?.end()],
  ['with a length and a reset', { 'content-length': '1000' }, ({ socket }) => socket?.resetAndDestroy()],
  ['without a length and a reset', { 'transfer-encoding': 'chunked' }, ({ socket }) => socket?.resetAndDestroy()],
])('half of a file %s is not a file', async (_name, headers, close) => {
  const origin = await site((_request, response) => {
    response.writeHead(200, headers).write(Buffer.alloc(500), () => close(response))
  })
  expect(await failure(origin)).toMatchObject({
    code: 'unavailable',
    message: 'the server closed the connection too early',
    cause: expect.any(Error),
  })
})

test('a server that closes without an answer is told of', async () => {
  const origin = await site((_request, response) => response.destroy())
  expect(await failure(origin)).toMatchObject({
    code: 'unavailable',
    message: 'the server closed the connection too early',
  })
})

test('what is not HTTP is told of', async () => {
  const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  expect(await failure(`http://127.0.0.1:${port}`)).toMatchObject({
    code: 'unavailable',
    message: 'the server does not speak proper HTTP',
  })
})

test('what is not TLS is told of', async () => {
  const origin = await site((_request, response) => response.end())
  expect(await failure(origin.replace('http:', 'https:'))).toMatchObject({
    code: 'unavailable',
    message: 'the server does not speak TLS',
  })
})

test('a refused connection is told of', async () => {
  expect(await failure(`http://127.0.0.1:${await closedPort()}`)).toMatchObject({
    code: 'unavailable',
    message: 'the connection was refused',
    cause: expect.objectContaining({ code: 'ECONNREFUSED' }),
  })
})

test('a name that nobody knows is told of', async () => {
  expect(await failure('http://nowhere.example/', { agent: publicAgent() })).toMatchObject({
    code: 'unavailable',
    message: 'the name nowhere.example cannot be resolved',
  })
})

test('a file that comes packed all the same is refused', async () => {
  const origin = await site((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('hello'))
  })
  expect(await failure(origin)).toMatchObject({
    code: 'invalid',
    message: 'the server answered in the encoding gzip, though asked for the plain file',
  })
})

test('an abort ends a download that waits, with the reason of the abort', async () => {
  const controller = new AbortController()
  const reason = new Error('The prediction was canceled')
  const origin = await site(() => controller.abort(reason))
  expect(await failure(origin, { signal: controller.signal })).toBe(reason)
})

test('an abort ends a download that is under way, and its connection', async () => {
  const controller = new AbortController()
  const reason = new Error('The prediction was canceled')
  const closed = Promise.withResolvers<void>()
  const origin = await site((_request, response) => {
    response.on('close', closed.resolve)
    response.write(Buffer.alloc(64 * 1024), () => controller.abort(reason))
  })
  expect(await failure(origin, { signal: controller.signal })).toBe(reason)
  await closed.promise
})

test('an abort before the start asks nobody', async () => {
  const reason = new Error('The prediction was canceled')
  const { port, connections } = await serve((_request, response) => response.end())
  expect(await failure(`http://127.0.0.1:${port}`, { signal: AbortSignal.abort(reason) })).toBe(reason)
  expect(connections).toEqual([])
})

test('a fault of the disk is not taken for one of the network, and ends the connection', async () => {
  const closed = Promise.withResolvers<void>()
  const origin = await site((_request, response) => {
    response.on('close', closed.resolve)
    response.write('x')
  })
  const path = join(testFolder(), 'missing', 'file')
  const error = await download(new URL(origin), path, options()).catch((error: unknown) => error)
  expect(error).toMatchObject({ code: 'ENOENT' })
  expect(error).not.toBeInstanceOf(AppError)
  expect(existsSync(path)).toBe(false)
  await closed.promise
})

test('one connection serves several downloads', async () => {
  const { port, connections } = await serve((_request, response) => response.end('hello'))
  const { agent } = options()
  const folder = testFolder()
  for (const name of ['a', 'b', 'c']) {
    await download(new URL(`http://127.0.0.1:${port}/${name}`), join(folder, name), options({ agent }))
  }
  expect(connections).toHaveLength(1)
  expect(readdirSync(folder)).toEqual(['a', 'b', 'c'])
})
