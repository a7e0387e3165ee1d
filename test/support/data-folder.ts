import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { testFolder } from './temporary.ts'

const FILE = 'reprise.sqlite'

/** The database of a data folder; the server that uses it may run. */
export function openDatabase(dataDir: string): Database.Database {
  return new Database(join(dataDir, FILE), { fileMustExist: true })
}

/**
 * The database as a dead server left it. A copy is opened, because opening the files themselves would settle the log
 * that the next server has to settle.
 */
export function openCopy(dataDir: string): Database.Database {
  const copy = testFolder()
  for (const file of [FILE, `${FILE}-wal`])
    if (existsSync(join(dataDir, file))) copyFileSync(join(dataDir, file), join(copy, file))
  return openDatabase(copy)
}
