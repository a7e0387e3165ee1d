import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** As long as that, a client that was refused may go on sending. */
const PATIENCE_MS = 10_000

/**
 * Lets routes answer before the whole request has come. Many clients read an answer only when they have sent everything,
 * and a connection that is closed before then can swallow it; so what still comes is taken and forgotten for a while.
 */
export function drainRequests(app: FastifyInstance): void {
  app.addHook('onSend', async ({ raw }, reply) => {
    // Otherwise Node closes right after the answer, when the client has asked for it.
    if (!raw.complete) reply.header('connection', 'keep-alive')
  })
  app.addHook('onResponse', async ({ raw }) => drainRequest(raw))
}

function drainRequest(request: IncomingMessage): void {
  const { socket, headers } = request
  const end = () => {
    if (/\bclose\b/i.test(headers.connection ?? '')) socket.end()
  }
  if (request.complete) return end()
  request.unpipe()
  request.resume()
  const timer = setTimeout(() => request.destroy(), PATIENCE_MS).unref()
  request.once('close', () => {
    clearTimeout(timer)
    end()
  })
}
