import { AppError } from '../errors.ts'

/** Signed URLs of object stores come near it. */
const LONGEST_URL = 8192

/** What the URL parser would strip or turn into something else without a word. */
const SILENTLY_CHANGED = /[\s\p{Control}\\]/u

/**
 * Reads a URL that somebody else wrote. What it returns is both checked and fetched, so that no second parser can read
 * another host in it.
 * @throws AppError `invalid`, with a clause that can follow the URL and a colon
 */
export function parseOutboundUrl(text: string): URL {
  if (text.length > LONGEST_URL) refuse(`it is longer than ${LONGEST_URL} characters`)
  if (SILENTLY_CHANGED.test(text)) refuse('it contains a space, a control character or a backslash')
  const [, scheme, authority] = /^([a-z][a-z\d+.-]*):(?:\/\/([^/?#]*))?/i.exec(text) ?? []
  if (scheme === undefined) refuse('it is not a URL')
  if (!/^https?$/i.test(scheme)) refuse(`it begins with ${scheme}: instead of http: or https:`)
  if (!authority) refuse('it names no host')
  if (authority.includes('@')) refuse('it contains a user name or a password')
  return URL.parse(text) ?? refuse('it is not a URL')
}

function refuse(clause: string): never {
  throw new AppError('invalid', clause)
}
