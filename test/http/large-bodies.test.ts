import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import Fastify from 'fastify'
import { expect, onTestFinished, test, vi } from 'vitest'
import { limitLargeBodies } from '../../src/http/large-bodies.ts'

const MOST = 4
const LARGE = JSON.stringify({ text: 'x'.repeat(2 ** 20) })

/** A server whose answers wait for the test. */
async function setUp() {
  const app = Fastify({ bodyLimit: 2 ** 22, forceCloseConnections: true })
  limitLargeBodies(app)
  const arrived: { path: string; forget(): void; answer(): void }[] = []
  const arrivals = new EventTarget()
  app.post('/*', async (request) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    arrived.push({ path: request.url, forget: () => request.forgetBody(), answer: resolve })
    arrivals.dispatchEvent(new Event('arrived'))
    await promise
    return 'done'
  })
  const address = await app.listen({ port: 0 })
  onTestFinished(() => app.close())
  const paths = () => arrived.map(({ path }) => path)
  return {
    arrived,
    send: (path: string, body: string) =>
      fetch(address + path, { method: 'POST', body, headers: { 'content-type': 'application/json' } }),
    address,
    server: app.server,
    /** Resolves when so many have reached their handler. */
    async reached(count: number) {
      while (arrived.length < count) await once(arrivals, 'arrived')
      expect(paths()).toHaveLength(count)
    },
    paths,
  }
}

test('few large bodies are read at a time, and small ones pass them by', async () => {
  const { arrived, send, reached, paths } = await setUp()
  const large = Array.from({ length: MOST + 2 }, (_, i) => send(`/large-${i}`, LARGE))
  await reached(MOST)
  const small = send('/small', '{}')
  await reached(MOST + 1)
  expect(paths().at(-1)).toBe('/small')
  arrived[0]?.answer()
  await reached(MOST + 2)
  arrived[1]?.forget()
  await reached(MOST + 3)
  for (const { answer } of arrived) answer()
  for (const { status } of await Promise.all([...large, small])) expect(status).toBe(200)
})

test('a client that goes away frees its place', async () => {
  const { address, arrived, send, reached } = await setUp()
  const gone = Array.from({ length: MOST }, () => {
    const sent = httpRequest(`${address}/gone`, { method: 'POST', headers: { 'content-type': 'application/json' } })
    sent.on('error', () => {})
    sent.end(LARGE)
    return sent
  })
  await reached(MOST)
  const next = send('/next', LARGE)
  for (const sent of gone) sent.destroy()
  await reached(MOST + 1)
  arrived.at(-1)?.answer()
  expect((await next).status).toBe(200)
})

test('a body that is sent slowly holds its place for ten seconds and no longer', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { address, server, arrived, send, reached } = await setUp()
  const headers = { 'content-type': 'application/json', 'content-length': LARGE.length }
  const begun = Array.from({ length: MOST }, async () => {
    const sent = httpRequest(`${address}/slow`, { method: 'POST', headers: { ...headers, expect: '100-continue' } })
    sent.on('error', () => {})
    sent.flushHeaders()
    onTestFinished(() => void sent.destroy())
    await once(sent, 'continue')
  })
  await Promise.all(begun)
  const [next] = [send('/next', LARGE), await once(server, 'request')]
  await vi.advanceTimersByTimeAsync(9_999)
  // As many turns of the loop as reading the body would take.
  for (let i = 0; i < 200; i++) await new Promise(setImmediate)
  expect(arrived).toHaveLength(0)
  await vi.advanceTimersByTimeAsync(1)
  await reached(1)
  arrived[0]?.answer()
  expect((await next).status).toBe(200)
})
