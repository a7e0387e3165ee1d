import { currentToken } from './session.ts'

export interface FieldError {
  /** Where in the body, such as `input.text`. */
  field: string
  description: string
}

/** What the server answers instead of doing what it was asked. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly status: number
  readonly fields: readonly FieldError[]

  constructor(status: number, problem: Problem) {
    super(problem.detail?.trim() || `The server answered ${status}`)
    this.status = status
    this.fields = problem.invalid_fields ?? []
  }
}

interface Problem {
  detail?: string
  invalid_fields?: FieldError[]
}

export interface CallOptions {
  /** Sent as JSON, a form as it is. */
  body?: unknown
  signal?: AbortSignal
  headers?: Record<string, string>
}

/**
 * Calls this server. The answer is taken for what the caller expects: the server checks what it sends by its own schemas.
 * @throws Refusal with what the server says
 */
export async function call<Answer = unknown>(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const { body, signal, headers } = options
  const token = currentToken()
  const response = await fetch(path, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined || body instanceof FormData ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  })
  const text = await response.text()
  if (!response.ok) throw new Refusal(response.status, parse<Problem>(text) ?? {})
  return parse<Answer>(text) ?? (text as Answer)
}

/** What a failure says to a person. */
export function messageOf(error: unknown): string {
  if (error instanceof Refusal) return error.message
  return `The server cannot be reached (${error instanceof Error ? error.message : String(error)})`
}

/** The path of a URL that the server handed out: its origin may be out of reach from here. */
export function pathOf(url: string): string {
  const { pathname, search } = new URL(url, location.href)
  return pathname + search
}

function parse<Value>(text: string): Value | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return
  }
}
