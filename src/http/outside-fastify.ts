import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { errorCode } from '../error-code.ts'
import { AppError } from '../errors.ts'
import { formatProblem, type Problem } from './problem.ts'

/** What still comes is read for so long: a connection that is closed before takes the answer with it. */
const LINGER_MS = 1_000

/** Of all else that the parser refuses there is no more to say than that it is no HTTP. */
const REFUSALS: Record<string, Problem> = {
  HPE_HEADER_OVERFLOW: {
    title: 'Request Header Fields Too Large',
    detail: 'The head of the request is longer than 16 KiB; send less in its path and headers',
    status: 431,
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    title: 'Request Timeout',
    detail: 'The request did not come whole in time; send it again',
    status: 408,
  },
}

/** Answers on the connection itself to what the parser could make no request of. */
export function refuseBadHttp(error: Error, socket: Duplex): void {
  // What never began to be a request is owed no answer.
  if (!socket.writable || errorCode(error) === 'ECONNRESET') return void socket.destroy()
  const detail = `The request is not valid HTTP: ${error.message}`
  answerAndClose(socket, REFUSALS[errorCode(error) ?? ''] ?? { title: 'Bad Request', detail, status: 400 })
}

/** Answers what Node would answer by itself, or leave without an answer, before Fastify hears of it. */
export function answerBeforeFastify(server: Server): void {
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    // Nobody else listens any more, and whoever asked may be gone.
    socket.on('error', () => socket.destroy())
    answerAndClose(socket, { detail: `Method "${request.method}" not allowed.`, status: 405 })
  })
  server.on('checkExpectation', ({ headers }: IncomingMessage, response: ServerResponse) => {
    const detail = `The server does not know how to do what is expected of it: ${headers.expect}; leave the header out`
    const problem = { title: 'Expectation Failed', detail, status: 417 }
    response.writeHead(problem.status, { 'content-type': 'application/problem+json', connection: 'close' })
    response.end(formatProblem(problem))
  })
}

/** @throws AppError `malformed` where HTTP asks for a Host and there is none */
export function assertHost({ headers, raw }: Pick<FastifyRequest, 'headers' | 'raw'>): void {
  if (headers.host === undefined && raw.httpVersion !== '1.0')
    throw new AppError('malformed', 'The request has no Host header, which HTTP/1.1 asks for; send one')
}

function answerAndClose(socket: Duplex, problem: Problem): void {
  const body = formatProblem(problem)
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title ?? 'Refused'}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.on('data', () => {})
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.on('close', () => clearTimeout(timer))
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
