import type { FastifyInstance } from 'fastify'
import { refuseBadHttp } from './outside-fastify.ts'

/** How long others may take, in milliseconds. */
export interface ConnectionTimes {
  /** To send the head of a request, from the first byte of the connection or the end of the answer before. */
  headersMs: number
  /** To send a whole request: enough for the largest upload at a megabit per second. */
  requestMs: number
  /** Between two looks at who has taken too long. */
  checkMs: number
  /** To send another request on a connection that is kept open. */
  keepAliveMs: number
  /** To take something of a stream. What a reader that is dropped missed can be read again from its last event. */
  stalledMs: number
}

export const CONNECTION_TIMES: ConnectionTimes = {
  headersMs: 60_000,
  requestMs: 900_000,
  checkMs: 30_000,
  keepAliveMs: 72_000,
  stalledMs: 60_000,
}

/** Settings of Fastify, and of Node's server below it. */
export function connectionOptions({ headersMs, requestMs, checkMs, keepAliveMs }: ConnectionTimes) {
  return {
    // A missing Host is refused by `assertHost`, which says why.
    http: { headersTimeout: headersMs, connectionsCheckingInterval: checkMs, requireHostHeader: false },
    requestTimeout: requestMs,
    keepAliveTimeout: keepAliveMs,
    clientErrorHandler: refuseBadHttp,
  }
}

/** What comes beyond is closed before anything is read. */
export function limitConnections(app: FastifyInstance, most: number): void {
  app.server.maxConnections = most
}
