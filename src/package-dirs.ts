import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Config } from './config.ts'

/** From the sources the bundled packages lie beside `src`, in the published package inside `dist`. */
const BUNDLED_DIR = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../models' : './models', import.meta.url))

/** The operator's folders come first: a package there wins over a bundled one of the same name. */
export function packageDirs({ modelsDirs, bundledModels }: Pick<Config, 'modelsDirs' | 'bundledModels'>): string[] {
  const dirs = modelsDirs.map((dir) => resolve(dir))
  return bundledModels && existsSync(BUNDLED_DIR) ? [...dirs, BUNDLED_DIR] : dirs
}
