import { existsSync, realpathSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { errorCode } from '../error-code.ts'
import { messageOf } from '../errors.ts'

/**
 * What went wrong, with the file and line of a syntax error, which its message does not tell. Paths are those of the
 * package: where it lies on this machine says nothing to its users.
 */
export function describeFault(error: unknown, dir: string): string {
  const text = placeOf(error) + messageOf(error)
  const missing = errorCode(error) === 'ERR_MODULE_NOT_FOUND' && /Cannot find package/.test(text)
  const hint = missing ? '; install it in the folder of the package, or in one above it' : ''
  return withinPackage(text, dir) + hint
}

/** Imports and onnxruntime follow links, and tell where they lead. */
function withinPackage(text: string, dir: string): string {
  const dirs = existsSync(dir) ? [dir, realpathSync(dir)] : [dir]
  const places = dirs.flatMap((place) => [pathToFileURL(place).href, place])
  return places.reduce((rest, place) => rest.replaceAll(`${place}/`, '').replaceAll(place, '.'), text)
}

/** The stack of a syntax error begins with the place, before the message. */
function placeOf(error: unknown): string {
  if (!(error instanceof SyntaxError)) return ''
  const [first = ''] = (error.stack ?? '').split('\n')
  return /^\S+:\d+$/.test(first) ? `${first}: ` : ''
}
