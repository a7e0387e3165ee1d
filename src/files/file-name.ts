import { invalidFields } from '../errors.ts'
import { LONGEST_BYTES, tidyFileName } from './tidy-file-name.ts'

/** Stands where bytes were no UTF-8. */
const REPLACEMENT = '\uFFFD'

/**
 * The name of an upload: the last part of what the client calls it, so that it says nothing about folders.
 * @throws AppError `invalid` for names that are too long, no UTF-8, or hold control characters
 */
export function parseFileName(given: string): string {
  if (given.includes(REPLACEMENT) || /\p{Control}/u.test(given))
    throw invalidFields([
      { type: 'format', field: 'filename', description: 'Must be valid UTF-8 without control characters' },
    ])
  if (Buffer.byteLength(given.split(/[/\\]/).at(-1) ?? '') > LONGEST_BYTES)
    throw invalidFields([
      { type: 'string_lte', field: 'filename', description: `Must be at most ${LONGEST_BYTES} bytes of UTF-8` },
    ])
  return tidyFileName(given)
}
