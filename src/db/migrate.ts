import { readdirSync, readFileSync } from 'node:fs'
import type Database from 'better-sqlite3'
import { AppError } from '../errors.ts'

/** Beside the sources, and beside `dist` in the published package. */
export const MIGRATIONS_DIR = new URL('../../migrations/', import.meta.url)

const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/

/**
 * Applies the numbered SQL files of a folder that the database has not seen, each in a transaction of its own.
 * @throws AppError `configuration` when the database is newer than the files, a number is missing, or a file fails.
 */
export function migrate(db: Database.Database, dir: URL): void {
  db.exec(
    'CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL)',
  )
  const names = listMigrations(dir)
  const applied = db.prepare<[], number>('SELECT coalesce(max(number), 0) FROM migrations').pluck().get() ?? 0
  if (applied > names.length)
    throw new AppError(
      'configuration',
      `The database is at migration ${applied}, this version of reprise knows ${names.length}; start the newer version, or use another data folder`,
    )
  const record = db.prepare('INSERT INTO migrations (number, name, applied_at) VALUES (?, ?, ?)')
  for (const [index, name] of names.entries()) {
    if (index < applied) continue
    try {
      db.transaction(() => {
        db.exec(readFileSync(new URL(name, dir), 'utf8'))
        record.run(index + 1, name, Date.now())
      })()
    } catch (error) {
      throw new AppError('configuration', `Migration ${name} could not be applied`, { cause: error })
    }
  }
}

/** In the order in which they are applied. */
export function listMigrations(dir: URL): string[] {
  const names = readdirSync(dir)
    .filter((name) => name.endsWith('.sql'))
    .sort()
  names.forEach((name, index) => {
    const number = Number(FILE_NAME.exec(name)?.[1])
    if (number !== index + 1)
      throw new AppError(
        'configuration',
        `Migration ${name} is out of order: number ${index + 1} is expected in its place`,
      )
  })
  return names
}
