import { accessSync, closeSync, constants, mkdirSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { errorCode } from '../error-code.ts'
import { AppError, messageOf } from '../errors.ts'
import { migrate } from './migrate.ts'

/** In the data folder. */
export const DATABASE_FILE = 'reprise.sqlite'
export const LOCK_FILE = 'lock.sqlite'

const MEND =
  'put back a copy that is whole, as "reprise restore" makes of a backup, or set REPRISE_DATA_DIR to another folder'

/** What to say of a database that turns out to be damaged when somebody reads it; any other error stays as it is. */
export function asDamage(error: unknown, path: string): unknown {
  const damaged = error instanceof Database.SqliteError && /^SQLITE_(?:CORRUPT|NOTADB)/.test(error.code)
  if (!damaged) return error
  return new AppError('configuration', `The database ${path} is damaged: ${error.message}; ${MEND}`, { cause: error })
}

/** What every connection to the main database sets; `full` syncs the log at each commit. */
export function configureConnection(db: Database.Database, durability: 'full' | 'normal'): void {
  db.pragma('journal_mode = WAL')
  db.pragma(`synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`)
  db.pragma('foreign_keys = ON')
  // What is removed is overwritten, so that no copy of the file tells it.
  db.pragma('secure_delete = ON')
}

/**
 * Holds an exclusive lock on the data folder for as long as the returned connection is open; any death frees it.
 * @throws AppError `configuration` when another server holds it or the folder cannot be written.
 */
export function lockDataDir(dataDir: string): Database.Database {
  let lock: Database.Database | undefined
  try {
    mkdirSync(dirname(dataDir), { recursive: true })
    // What clients sent and got lies in it. One that is there already stays as its owner has made it.
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    // SQLite does not say why it cannot open a file.
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
    lock = new Database(join(dataDir, LOCK_FILE), { timeout: 0 })
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock?.close()
    throw new AppError(
      'configuration',
      `The data folder ${dataDir} ${unusable(error)} set REPRISE_DATA_DIR to another folder`,
      { cause: error },
    )
  }
}

function unusable(error: unknown): string {
  if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY')
    return 'is in use by another server; stop that one or'
  if (errorCode(error) === 'EACCES')
    return `is closed to the user of this server, ${process.geteuid?.()} (${messageOf(error)}); give it to that user, or`
  return `cannot be used (${messageOf(error)});`
}

/**
 * Creates or upgrades the database file; afterwards readers and the writer may open it.
 * @throws AppError `configuration` when it is damaged, cannot be written, or is newer than the migrations
 */
export function prepareDatabase(path: string, migrationsDir: URL): void {
  // It holds what others may not read: inputs, and the secrets that webhooks are signed with.
  closeSync(openSync(path, 'a', 0o600))
  const db = new Database(path)
  try {
    // SQLite ignores auto_vacuum once a page has been written, and switching to WAL writes one.
    db.pragma('auto_vacuum = INCREMENTAL')
    configureConnection(db, 'full')
    migrate(db, migrationsDir)
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('configuration', `The database ${path} cannot be used: ${messageOf(error)}; ${MEND}`, {
      cause: error,
    })
  } finally {
    db.close()
  }
}

/** A connection that cannot write, for the server's own thread. */
export function openReader(path: string): Database.Database {
  return new Database(path, { readonly: true, fileMustExist: true })
}
