import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, messageOf } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import type { Terminal } from './command.ts'

/** For the whole answer. */
const PATIENCE_MS = 30_000
/** A server of which nothing comes for so long in the middle of an answer has gone. */
const SILENCE_MS = 120_000
const DEFAULT_URL = 'http://127.0.0.1:3000'

export interface RequestOptions {
  /** Sent as JSON. */
  json?: unknown
  form?: FormData
  /** For the whole answer, what is sent included. */
  patienceMs?: number
  /** Goes on when the process is asked to stop. */
  lasting?: boolean
}

/** A running server that a command speaks to, as any other client does. */
export interface RunningServer {
  /** Aborted when the process is asked to stop. */
  stopping: AbortSignal
  /** @throws AppError with what the server says, or with why it cannot be reached */
  request(method: string, path: string, options?: RequestOptions): Promise<unknown>
  /** Posts what comes, as it comes, and waits for the answer for as long as it takes. */
  send(path: string, contentType: string, body: AsyncIterable<Uint8Array>): Promise<unknown>
  /** Posts nothing, and gives what comes back as it comes, however long it takes. */
  receive(path: string): Promise<AsyncIterable<Uint8Array>>
  /** The bare answer to a GET that needs no token; its body is the caller's to read. */
  open(path: string, headers?: Record<string, string>): Promise<Response>
  /** Resolves after that time, or when `enough` is aborted. */
  pause(milliseconds: number, enough?: AbortSignal): Promise<void>
}

/** What a server answers instead of doing what it was asked; `unavailable` where asking again may help. */
export class Refusal extends AppError {
  override name = 'Refusal'
  readonly status: number
  readonly problem: Readonly<Record<string, unknown>>

  constructor(status: number, body: unknown) {
    const problem = isRecord(body) ? body : {}
    const detail = typeof problem.detail === 'string' ? problem.detail.trimEnd() : `it answered ${status}`
    const mayPass = status === 429 || status >= 500
    super(mayPass ? 'unavailable' : 'invalid', `The server refused:${/^- |\n/.test(detail) ? '\n' : ' '}${detail}`)
    this.status = status
    this.problem = problem
  }
}

/**
 * The server at `--url` and with `--token`, or else REPRISE_URL and REPRISE_TOKEN.
 * @throws AppError `configuration` for what is no address of a server
 */
export function connect(
  flags: { url?: string | undefined; token?: string | undefined },
  { environment, stopped }: Pick<Terminal, 'environment' | 'stopped'>,
): RunningServer {
  const base = parseBase(flags.url ?? environment.REPRISE_URL ?? DEFAULT_URL)
  const token = flags.token ?? environment.REPRISE_TOKEN
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const stop = new AbortController()
  stopped.then(() => stop.abort())
  const stopping = stop.signal

  /** Tells why nothing came of a request. */
  function explain(url: string, error: unknown): AppError {
    if (error instanceof AppError) return error
    if (stopping.aborted) return new AppError('unavailable', 'Stopped')
    const reason = error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error)
    return new AppError(
      'unavailable',
      `The server at ${url} cannot be reached: ${reason}; is it running, and is --url right?`,
    )
  }

  async function request(method: string, path: string, options: RequestOptions = {}): Promise<unknown> {
    const { json, form, patienceMs = PATIENCE_MS, lasting = false } = options
    const patience = AbortSignal.timeout(patienceMs)
    const headers = json === undefined ? authorization : { ...authorization, 'content-type': 'application/json' }
    const body = json === undefined ? form : JSON.stringify(json)
    try {
      const response = await fetch(base + path, {
        method,
        headers,
        signal: lasting ? patience : AbortSignal.any([patience, stopping]),
        ...(body === undefined ? {} : { body }),
      })
      return answerOf(response.status, await response.text())
    } catch (error) {
      throw explain(base + path, error)
    }
  }

  async function send(path: string, contentType: string, body: AsyncIterable<Uint8Array>): Promise<unknown> {
    // `fetch` waits five minutes for an answer and no longer.
    const undici = await import('undici')
    const source = watched(body)
    try {
      const response = await undici.request(base + path, {
        method: 'POST',
        headers: { ...authorization, 'content-type': contentType },
        body: Readable.from(source.pieces, { objectMode: false }),
        headersTimeout: 0,
        bodyTimeout: 0,
        signal: stopping,
      })
      return answerOf(response.statusCode, await response.body.text())
    } catch (error) {
      throw source.failure ?? explain(base + path, error)
    }
  }

  async function receive(path: string): Promise<AsyncIterable<Uint8Array>> {
    const undici = await import('undici')
    try {
      const { statusCode, body } = await undici.request(base + path, {
        method: 'POST',
        headers: authorization,
        headersTimeout: 0,
        bodyTimeout: SILENCE_MS,
        signal: stopping,
      })
      if (statusCode !== 200) answerOf(statusCode, await body.text())
      return explained(body)
    } catch (error) {
      throw explain(base + path, error)
    }

    async function* explained(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
      try {
        yield* body
      } catch (error) {
        throw explain(base + path, error)
      }
    }
  }

  async function open(path: string, headers: Record<string, string> = {}): Promise<Response> {
    try {
      const response = await fetch(base + path, { headers, signal: stopping })
      if (!response.ok) answerOf(response.status, await response.text())
      return response
    } catch (error) {
      throw explain(base + path, error)
    }
  }

  return {
    stopping,
    request,
    send,
    receive,
    open,
    pause: (milliseconds, enough) =>
      sleep(milliseconds, undefined, { signal: AbortSignal.any([stopping, ...(enough ? [enough] : [])]) }).catch(() => {
        if (stopping.aborted) throw explain(base, stopping.reason)
      }),
  }
}

/**
 * Where a link of the server leads below `--url`: what it takes for its own origin may be out of reach from here.
 * @throws AppError `invalid` for what is no link
 */
export function pathOf(link: string): string {
  const url = URL.parse(link)
  if (!url) throw strangeAnswer('a link')
  return url.pathname + url.search
}

export function strangeAnswer(expected: string): AppError {
  return new AppError(
    'invalid',
    `The server answered something else than ${expected}; is --url that of a Reprise server?`,
  )
}

function parseBase(given: string): string {
  const url = URL.parse(given)
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return given.replace(/(?:\/v1)?\/*$/, '')
  throw new AppError('configuration', `--url must be an http or https URL, such as ${DEFAULT_URL}, not "${given}"`)
}

function answerOf(status: number, text: string): unknown {
  const body = parseJson(text)
  if (status >= 200 && status < 300) return body
  throw new Refusal(status, body)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return
  }
}

/** Keeps the failure of a source apart from those of the network, which end up in the same stream. */
function watched(source: AsyncIterable<Uint8Array>) {
  const state: { pieces: AsyncIterable<Uint8Array>; failure?: unknown } = { pieces: pass() }
  async function* pass() {
    const iterator = source[Symbol.asyncIterator]()
    for (;;) {
      const next = await iterator.next().catch((error: unknown) => {
        state.failure = error
        throw error
      })
      if (next.done) return
      yield next.value
    }
  }
  return state
}
