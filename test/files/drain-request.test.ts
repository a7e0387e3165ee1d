import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import Fastify from 'fastify'
import { expect, onTestFinished, test, vi } from 'vitest'
import { drainRequests } from '../../src/files/drain-request.ts'

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(2 ** 16)
}

test('a client that does not stop sending is cut off in the end', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const arrived = Promise.withResolvers<IncomingMessage>()
  const app = Fastify({ forceCloseConnections: true })
  onTestFinished(() => app.close())
  drainRequests(app)
  app.addContentTypeParser('*', (_request, payload, done) => void payload.once('data', () => done(null)))
  app.post('/', async ({ raw }, reply) => {
    arrived.resolve(raw)
    return reply.code(413).send('too large')
  })
  await app.listen({ port: 0, host: '127.0.0.1' })

  const sent = request(app.listeningOrigin, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/octet-stream' },
  })
  const broken = new Promise((resolve) => sent.on('error', resolve).on('close', resolve))
  const source = Readable.from(endless())
  source.pipe(sent)
  const [answer]: IncomingMessage[] = await once(sent, 'response')
  expect(answer?.statusCode).toBe(413)
  const incoming = await arrived.promise
  await once(incoming, 'data')

  vi.advanceTimersByTime(9_999)
  await once(incoming, 'data')
  vi.advanceTimersByTime(1)
  expect(incoming.destroyed).toBe(true)
  await broken
  source.destroy()
})
