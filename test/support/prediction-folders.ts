import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { eventually } from './eventually.ts'

/** Ids of the predictions that have a folder in a data folder. */
export function foldersIn(dataDir: string): string[] {
  return readdirSync(join(dataDir, 'predictions')).sort()
}

/** Names of the files of a prediction; undefined when it has no folder. */
export function filesOf(dataDir: string, id: string): string[] | undefined {
  const dir = join(dataDir, 'predictions', id)
  return existsSync(dir) ? readdirSync(dir).sort() : undefined
}

/** Whatever it is that the work does, it leaves no new folder, now or soon. */
export async function leavingNoFolder<Result>(dataDir: string, work: () => Promise<Result>): Promise<Result> {
  const before = new Set(foldersIn(dataDir))
  const result = await work()
  await eventually(() => expect(foldersIn(dataDir).filter((id) => !before.has(id))).toEqual([]))
  return result
}
