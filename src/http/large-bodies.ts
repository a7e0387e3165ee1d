import type { FastifyInstance } from 'fastify'
import pLimit from 'p-limit'
import { doneWithin } from '../timer.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Says that the body is not needed any more, though the answer may take its time. */
    forgetBody(): void
  }
}

const LARGE_BYTES = 2 ** 20
/** Reading and parsing a body takes about four times its size for a moment. */
const MOST_AT_ONCE = 4
/** A client that sends slowly, or a handler that takes its time, keeps the next one waiting no longer than this. */
const LONGEST_TURN_MS = 10_000

/** What goes to the disk as it comes. */
const UPLOADS = /^(?:multipart\/|application\/(?:x-tar|gzip|x-gzip|octet-stream)\b)/i

/**
 * Lets few large JSON bodies in at a time; the others wait in their sockets, and what is small passes them by. Uploads
 * are not held back: they go to the disk as they come.
 */
export function limitLargeBodies(app: FastifyInstance): void {
  const limit = pLimit(MOST_AT_ONCE)
  app.decorateRequest('forgetBody', () => {})
  app.addHook('preParsing', async (request, reply, payload) => {
    const { 'content-length': length, 'content-type': type } = request.headers
    const small =
      length !== undefined ? Number(length) <= LARGE_BYTES : request.headers['transfer-encoding'] === undefined
    if (small || UPLOADS.test(type ?? '')) return payload
    const entered = Promise.withResolvers<void>()
    const left = Promise.withResolvers<void>()
    reply.raw.once('close', left.resolve)
    request.forgetBody = () => {
      request.body = undefined
      left.resolve()
    }
    void limit(() => {
      entered.resolve()
      return doneWithin(LONGEST_TURN_MS, left.promise)
    })
    await entered.promise
    return payload
  })
}
