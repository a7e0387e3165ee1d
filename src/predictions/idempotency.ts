import { hash } from 'node:crypto'
import { canonicalJson } from '../canonical-json.ts'
import { AppError } from '../errors.ts'

/** Says when two creates are the same (rules 3). */
export interface IdempotencyKey {
  key: string
  /** Set where the caller chooses the id; it is the key, too. */
  id: string | undefined
  method: string
  path: string
  body: unknown
}

/** The same for requests that mean the same; kept with the prediction to tell a repetition from a mistake. */
export function hashRequest({ method, path, body }: IdempotencyKey): string {
  return hash('sha256', `${method} ${path}\n${canonicalJson(body)}`)
}

/** Not a 409: some clients repeat those (replicate-api.md trap 27). */
export function keyUsed(): AppError {
  return new AppError('invalid', 'Idempotency key already used with a different request')
}
