export type ErrorCode =
  | 'invalid'
  | 'malformed'
  | 'too_large'
  | 'unsupported_type'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'throttled'
  | 'unavailable'
  | 'configuration'
  | 'internal'

/** One rule of an input or request body that was broken (replicate-api.md 2.3). */
export interface FieldError {
  type: string
  /** Dotted path from the root of the request body; empty for the root itself. */
  field: string
  description: string
}

interface AppErrorOptions extends ErrorOptions {
  title?: string
  fields?: readonly FieldError[]
  retryAfterSeconds?: number
  /** What a model printed on its way to the error. */
  logs?: string
}

/** An error with a code that machines read and a sentence that people read. */
export class AppError extends Error {
  override name = 'AppError'
  readonly code: ErrorCode
  readonly title: string | undefined
  readonly fields: readonly FieldError[] | undefined
  readonly retryAfterSeconds: number | undefined
  readonly logs: string | undefined

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.title = options.title
    this.fields = options.fields
    this.retryAfterSeconds = options.retryAfterSeconds
    this.logs = options.logs
  }

  /** The same error, with what a model printed on its way to it. */
  withLogs(logs: string): AppError {
    const { code, message, title, fields, cause } = this
    return new AppError(code, message, { cause, logs, ...(title ? { title } : {}), ...(fields ? { fields } : {}) })
  }
}

export function notFound(message = 'The requested resource could not be found'): AppError {
  return new AppError('not_found', message)
}

export function notPermitted(): AppError {
  return new AppError('forbidden', 'You do not have permission to perform this action.')
}

/** Where nothing tells how long it will take. */
export const RETRY_AFTER_SECONDS = 5

/** A refusal that may turn out otherwise in a moment; `reason` begins a sentence. */
export function busy(reason: string, cause?: unknown, retryAfterSeconds = RETRY_AFTER_SECONDS): AppError {
  return new AppError('unavailable', `${reason}; try again shortly`, { cause, retryAfterSeconds })
}

/** All broken rules of one request, in the words Replicate uses (replicate-api.md 2.3). */
export function invalidFields(fields: readonly FieldError[]): AppError {
  const detail = fields.map(({ field, description }) => `- ${field && `${field}: `}${description}\n`).join('')
  return new AppError('invalid', detail, { title: 'Input validation failed', fields })
}

/** What a person should read of anything that was thrown; never empty. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error)
}

/** Whether a write was refused because a row is not as it was when it was read. */
export function isConflict(error: unknown): boolean {
  return error instanceof AppError && error.code === 'conflict'
}
