import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isUnfinished } from '../durable-file.ts'
import { AppError } from '../errors.ts'
import { RESTORING } from './places.ts'

/**
 * Removes what a backup has left that was broken off; to be called before a server makes anything of the folder.
 * @throws AppError `configuration` for a folder that holds a part of a backup
 */
export async function tidyDataDir(dataDir: string): Promise<void> {
  const names = await readdir(dataDir)
  if (names.includes(RESTORING))
    throw new AppError(
      'configuration',
      `A restore into ${dataDir} was broken off, and the folder holds a part of a backup; run "reprise restore" again, or empty the folder`,
    )
  for (const name of names) if (isUnfinished(name)) await rm(join(dataDir, name), { recursive: true, force: true })
}
