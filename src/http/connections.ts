import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { messageOf } from '../errors.ts'
import { formatProblem } from './problem.ts'

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
    http: { headersTimeout: headersMs, connectionsCheckingInterval: checkMs },
    requestTimeout: requestMs,
    keepAliveTimeout: keepAliveMs,
    clientErrorHandler: answerBroken,
  }
}

/** What comes beyond is closed before anything is read. */
export function limitConnections(app: FastifyInstance, most: number): void {
  app.server.maxConnections = most
}

const STATUS_OF: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }
const DETAIL_OF: Record<number, string> = {
  408: 'The request took too long to come',
  431: 'The head of the request is longer than 16 KiB',
}

/** Answers what was no request, or none in time, and closes the connection. */
function answerBroken(error: NodeJS.ErrnoException, socket: Socket): void {
  // What never began to be a request is owed no answer.
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
  const status = STATUS_OF[error.code ?? ''] ?? 400
  const title = STATUS_CODES[status] ?? ''
  const detail = DETAIL_OF[status] ?? `The request is not valid HTTP: ${messageOf(error)}`
  const body = formatProblem({ title, detail, status })
  const head = `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`
  socket.end(head + body)
}
