import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { AppError, messageOf } from '../errors.ts'

/** Flags of every command that speaks to a running server. */
export const SERVER_FLAGS = { url: { type: 'string' }, token: { type: 'string' } } as const

/**
 * Tells flags from other words.
 * @throws AppError `configuration` for flags that are not known, or lack their value
 */
export function parseFlags<const Options extends ParseArgsOptionsConfig>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new AppError('configuration', `${messageOf(error)}; "reprise help" lists the flags`)
  }
}
