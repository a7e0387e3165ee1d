import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface Options {
  /** Holds the stand-ins for base images, and what is built. */
  cacheDir: string
  /** Whether stand-ins of earlier times are thrown away first. */
  fresh: boolean
}

/** @throws Error that says what is wrong with the command line */
export function readOptions(args: string[], environment: NodeJS.ProcessEnv): Options {
  const { values } = parseArgs({ args, options: { cache: { type: 'string' }, fresh: { type: 'boolean' } } })
  const caches = environment.XDG_CACHE_HOME || join(homedir(), '.cache')
  return { cacheDir: resolve(values.cache ?? join(caches, 'reprise-image')), fresh: values.fresh ?? false }
}
