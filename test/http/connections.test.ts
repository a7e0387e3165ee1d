/** What connections may take and keep, tried through sockets with times that are shorter than usual. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { streamUrlOf } from '../support/event-reader.ts'
import { eventually } from '../support/eventually.ts'
import { writeFiles } from '../support/packages.ts'
import { create, endOf, run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testServer } from '../support/test-server.ts'
import { waitingRun } from '../support/waits.ts'
import { exchange } from '../support/wire.ts'

const MAX_STREAMS = 2
const MODELS = someModels('tokens', 'waits')
/** More than what sockets hold. */
const POURS = `
import { defineModel, Type, textStream } from 'reprise/model'
export default defineModel({
  input: Type.Object({}),
  output: textStream(),
  async *predict() {
    for (let i = 0; i < 250; i++) yield 'x'.repeat(100_000)
  },
})`
writeFiles(MODELS, { 'test/pours/predict.ts': POURS })

let server: TestServer
beforeAll(async () => {
  server = await startServer(
    { MODELS_DIR: MODELS, BUNDLED_MODELS: 'off', MAX_STREAMS: `${MAX_STREAMS}` },
    { connectionTimes: { headersMs: 200, requestMs: 500, checkMs: 50, keepAliveMs: 100, stalledMs: 300 } },
  )
})
afterAll(() => server.close())

interface Talk {
  socket: Socket
  /** Resolves to all that came, when the other side has closed. */
  end: Promise<string>
}

function talk({ address }: Pick<TestServer, 'address'>, text = ''): Talk {
  const socket = connect(Number(new URL(address).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let heard = ''
  socket.on('data', (data) => {
    heard += data
  })
  socket.on('error', () => {})
  socket.write(text)
  // A connection that is refused may also be reset.
  return { socket, end: new Promise((resolve) => socket.on('close', () => resolve(heard))) }
}

const ask = (path: string, ...headers: string[]) =>
  `${['GET', path, 'HTTP/1.1'].join(' ')}\r\n${['Host: localhost', ...headers].join('\r\n')}\r\n\r\n`

describe('a connection is closed', () => {
  test.each([
    ['on which nothing comes', ''],
    ['whose head does not come to its end', 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: '],
    [
      'whose body does not come',
      'POST /v1/predictions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{',
    ],
  ])('%s', async (_what, text) => {
    expect(await talk(server, text).end).toMatch(/^(?:$|HTTP\/1\.1 408 Request Timeout\r\n.*"status":408\}\n$)/s)
  })

  test('on which no other request follows', async () => {
    expect(await talk(server, ask('/health')).end).toMatch(/^HTTP\/1\.1 200 OK\r\n.*"status":"ok"/s)
  })

  test('whose head is too long, and is told so', async () => {
    const { end } = talk(server, ask('/health', `X-Long: ${'x'.repeat(20_000)}`))
    expect(await end).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n.*"status":431\}\n$/s)
  })

  test('that brings something else than HTTP, and is told so', async () => {
    expect(await talk(server, 'hello\r\n\r\n').end).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*is not valid HTTP.*\n$/s)
  })

  test('beyond the most there may be, until another has gone', async () => {
    const few = await testServer({ MODELS_DIR: '/nowhere', BUNDLED_MODELS: 'off', MAX_CONNECTIONS: '2' })
    const two = [talk(few), talk(few)]
    await Promise.all(two.map(({ socket }) => once(socket, 'connect')))
    expect(await talk(few, ask('/health')).end).toBe('')
    two[0]?.socket.destroy()
    await eventually(async () => expect(await talk(few, ask('/health', 'Connection: close')).end).toContain('200 OK'))
  })
})

describe('a stream', () => {
  test('beyond the most there may be is told to come again, until a reader has gone', async () => {
    const waiting = await create(server, 'test/tokens', { count: 100_000, pause_ms: 5 })
    onTestFinished(async () => void (await server.call('POST', `/v1/predictions/${waiting.id}/cancel`)))
    const url = streamUrlOf(waiting)
    const readers = Array.from({ length: MAX_STREAMS }, () => talk(server, ask(new URL(url).pathname)))
    await Promise.all(readers.map(({ socket }) => once(socket, 'data')))
    const refused = await exchange(url)
    expect(refused.status).toBe(503)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(JSON.parse(refused.body).detail).toBe(`${MAX_STREAMS} streams are open already; try again shortly`)

    for (const { socket } of readers) socket.destroy()
    await eventually(async () => {
      const { socket } = talk(server, ask(new URL(url).pathname))
      const [first] = await once(socket, 'data')
      expect(String(first)).toContain('200 OK')
      socket.destroy()
    })
  })

  test('whose reader takes nothing is closed, and can be read again', async () => {
    const poured = await run(server, 'test/pours', {})
    const { socket } = talk(server, ask(new URL(streamUrlOf(poured)).pathname))
    await once(socket, 'data')
    socket.pause()
    const open = () => new Promise<number>((resolve) => server.app.server.getConnections((_, count) => resolve(count)))
    await eventually(async () => expect(await open()).toBe(0))
    // On a busy machine a reader may be held up for as long as one that takes nothing.
    await eventually(async () => expect((await exchange(streamUrlOf(poured))).body).toMatch(/event: done\n/))
  })
})

test('who hangs up while waiting is not waited for, and the prediction goes on', async () => {
  const waiting = waitingRun('alone')
  const answers: ServerResponse[] = []
  server.app.server.on('request', (_request, response) => answers.push(response))
  const leaving = new AbortController()
  const answer = fetch(`${server.address}/v1/models/test/waits/predictions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'wait' },
    body: JSON.stringify({ input: waiting.input }),
    signal: leaving.signal,
  })
  await waiting.started()
  expect(answers).toHaveLength(1)
  expect(answers[0]?.writableEnded).toBe(false)
  leaving.abort()
  await expect(answer).rejects.toThrow()
  await eventually(() => expect(answers[0]?.writableEnded).toBe(true), 5_000)
  const { results } = JSON.parse(await (await server.call('GET', '/v1/predictions')).text())
  expect(results[0]).toMatchObject({ model: 'test/waits', status: 'processing' })
  waiting.go()
  expect(await endOf(server, results[0].id)).toMatchObject({ status: 'succeeded', output: 'alone went on' })
})
