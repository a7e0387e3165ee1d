import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { FIXTURE_MODELS } from './server.ts'
import { makeFolder, removeFolder } from './temporary.ts'

/**
 * A folder with some of the fixture models: a new server looks at each model that it is given, which takes time. To be
 * called outside of tests; it is removed after the last.
 */
export function someModels(...names: string[]): string {
  const dir = makeFolder()
  afterAll(() => removeFolder(dir))
  for (const name of names) cpSync(join(FIXTURE_MODELS, 'test', name), join(dir, 'test', name), { recursive: true })
  return dir
}
