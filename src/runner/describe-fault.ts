import { pathToFileURL } from 'node:url'
import { messageOf } from '../errors.ts'

/**
 * What went wrong, with the file and line of a syntax error, which its message does not tell. Paths are those of the
 * package: where it lies on this machine says nothing to its users.
 */
export function describeFault(error: unknown, dir: string): string {
  const text = placeOf(error) + messageOf(error)
  return text.replaceAll(`${pathToFileURL(dir).href}/`, '').replaceAll(`${dir}/`, '')
}

/** The stack of a syntax error begins with the place, before the message. */
function placeOf(error: unknown): string {
  if (!(error instanceof SyntaxError)) return ''
  const [first = ''] = (error.stack ?? '').split('\n')
  return /^\S+:\d+$/.test(first) ? `${first}: ` : ''
}
