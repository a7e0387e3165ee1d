import { parseArgs } from 'node:util'
import { AppError, messageOf } from '../errors.ts'
import { isRecord } from '../is-record.ts'

/** For the whole answer. */
const PATIENCE_MS = 30_000
const DEFAULT_URL = 'http://127.0.0.1:3000'

/** A running server that a command speaks to, as any other client does. */
export interface RunningServer {
  /** @throws AppError with what the server says, or with why it cannot be reached */
  request(method: string, path: string): Promise<unknown>
}

/**
 * Reads `--url` and `--token`, or else REPRISE_URL and REPRISE_TOKEN.
 * @returns the server, and the words that are no flags
 * @throws AppError `configuration` for flags that are not known
 */
export function runningServer(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): { server: RunningServer; words: string[] } {
  const { values, positionals: words } = parse(args)
  const url = (values.url ?? environment.REPRISE_URL ?? DEFAULT_URL).replace(/(?:\/v1)?\/*$/, '')
  const token = values.token ?? environment.REPRISE_TOKEN
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return { words, server: { request: (method, path) => request(url + path, { method, headers }) } }
}

function parse(args: readonly string[]) {
  try {
    const flag = { type: 'string' as const }
    return parseArgs({ args: [...args], options: { url: flag, token: flag }, allowPositionals: true })
  } catch (error) {
    throw new AppError('configuration', `${messageOf(error)}; "reprise help" lists the flags`)
  }
}

async function request(url: string, init: RequestInit): Promise<unknown> {
  let response: Response
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) })
  } catch (error) {
    const reason = error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error)
    throw new AppError(
      'unavailable',
      `The server at ${url} cannot be reached: ${reason}; is it running, and is --url right?`,
    )
  }
  const body: unknown = await response.json().catch(() => undefined)
  if (response.ok) return body
  const detail = isRecord(body) && typeof body.detail === 'string' ? body.detail : `it answered ${response.status}`
  throw new AppError('invalid', `The server refused: ${detail}`)
}
