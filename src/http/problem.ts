import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { AppError, busy, type ErrorCode, invalidFields } from '../errors.ts'
import { fieldErrors } from '../field-errors.ts'
import { predictionOf } from './request-end.ts'

const STATUS: Record<ErrorCode, number> = {
  invalid: 422,
  malformed: 400,
  too_large: 413,
  unsupported_type: 415,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  throttled: 429,
  unavailable: 503,
  configuration: 500,
  internal: 500,
}

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** Where Fastify's own words do not say how to mend it. */
const DETAILS: Record<number, string> = {
  413: 'The request body is longer than the server takes; REPRISE_BODY_LIMIT sets how much that is',
  415: 'This type of body is not understood; send JSON with Content-Type: application/json',
}

/** An error as it goes over the wire (replicate-api.md 2.1). */
export interface Problem {
  title?: string
  detail: string
  status: number
  invalid_fields?: readonly { type: string; field: string; description: string }[]
  logs?: string
  /** Seconds; of status 429 only (replicate-api.md 2.1). */
  retry_after?: number
}

/** Answers with whatever a handler threw; what is not ours is logged whole and shown as one plain line. */
export function handleError(
  error: FastifyError | AppError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const known = error instanceof AppError ? error : (fromDatabase(error, request) ?? fromFastify(error))
  if (!known) {
    request.log.error({ err: error, prediction: predictionOf(request) }, 'a request failed')
    return sendProblem(reply, {
      title: 'Internal Server Error',
      detail: 'The server failed; its log says why',
      status: 500,
    })
  }
  if (known instanceof AppError) {
    const { code, message, title, fields, retryAfterSeconds, logs } = known
    const status = STATUS[code]
    if (status === 500) request.log.error({ err: known, prediction: predictionOf(request) }, 'a request failed')
    if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
    const shownTitle = title ?? TITLES[status]
    return sendProblem(reply, {
      ...(shownTitle ? { title: shownTitle } : {}),
      detail: message,
      status,
      ...(fields ? { invalid_fields: fields } : {}),
      ...(logs === undefined ? {} : { logs }),
      ...(status === 429 && retryAfterSeconds !== undefined ? { retry_after: retryAfterSeconds } : {}),
    })
  }
  return sendProblem(reply, known)
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  // As bytes, because Fastify adds a charset to the type of a text, which Replicate's errors do not have.
  const body = Buffer.from(formatProblem(problem))
  return reply.code(problem.status).header('content-type', 'application/problem+json').send(body)
}

/** Replicate's errors end in a newline. */
export function formatProblem(problem: Problem): string {
  return `${JSON.stringify(problem)}\n`
}

/** It may be over soon, as when the disk is well again; else the log says what to mend. */
function fromDatabase(error: FastifyError, { log }: FastifyRequest): AppError | undefined {
  if (!error.code?.startsWith('SQLITE_')) return
  log.error({ err: error }, 'the database could not be read')
  return busy('The database cannot be read at the moment', error)
}

/** What Fastify refused before a handler saw it: a body that is no JSON, too long, or of a strange type. */
function fromFastify(error: FastifyError): AppError | Problem | undefined {
  if (error.validation) return invalidFields(fieldErrors(error.validation, ''))
  const status = error.statusCode
  if (status === undefined || status < 400 || status >= 500) return
  const title = TITLES[status]
  return { ...(title ? { title } : {}), detail: DETAILS[status] ?? error.message, status }
}
