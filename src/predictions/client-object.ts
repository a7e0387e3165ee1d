import type { FieldError } from '../errors.ts'

/**
 * A bug of the JavaScript client sends the client itself, token included, in the place of the input
 * (replicate-api.md trap 29). A model without required inputs would take it, and every reader would see it.
 */
export function isClientObject(input: Record<string, unknown>): boolean {
  return 'auth' in input && 'baseUrl' in input && 'userAgent' in input
}

export const CLIENT_OBJECT: FieldError = {
  type: 'invalid_type',
  field: 'input',
  description: 'The input is the client itself and holds its token; use another fileEncodingStrategy than "data-uri"',
}
