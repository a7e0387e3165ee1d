/**
 * Looks at a data folder without changing what it holds, in a process of its own: SQLite cannot be interrupted. An empty
 * write-ahead log may stay behind.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { DATABASE_FILE, LOCK_FILE } from '../db/open.ts'
import { messageOf } from '../errors.ts'

const MOST_FAULTS = 5

const dataDir = process.argv[2] ?? ''
const databasePath = join(dataDir, DATABASE_FILE)

tell({ locked: isLocked(join(dataDir, LOCK_FILE)) })
if (existsSync(databasePath)) {
  try {
    examine(new Database(databasePath, { readonly: true, fileMustExist: true }))
  } catch (error) {
    tell({ error: messageOf(error) })
  }
}

/** A reader is kept out by the exclusive lock of a server, and keeps nobody out for longer than it takes to see that. */
function isLocked(path: string): boolean {
  if (!existsSync(path)) return false
  try {
    const db = new Database(path, { readonly: true, fileMustExist: true, timeout: 0 })
    db.prepare('SELECT count(*) FROM sqlite_master').get()
    db.close()
    return false
  } catch (error) {
    return error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY'
  }
}

function examine(db: Database.Database): void {
  const hasTable = (name: string) =>
    db.prepare(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?`).get(name) !== undefined
  const pluck = (sql: string) => db.prepare<[], unknown>(sql).pluck()
  tell({
    applied: hasTable('migrations') ? pluck('SELECT coalesce(max(number), 0) FROM migrations').get() : 0,
    bytes: Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true })),
    freeBytes: Number(db.pragma('freelist_count', { simple: true })) * Number(db.pragma('page_size', { simple: true })),
    lastCreatedAt: hasTable('predictions')
      ? pluck('SELECT created_at FROM predictions ORDER BY rowid DESC LIMIT 1').get()
      : null,
    tokenAccounts: hasTable('tokens') ? pluck('SELECT account FROM tokens').all() : [],
  })
  const rows = db.prepare<[], string>(`PRAGMA quick_check(${MOST_FAULTS})`).pluck().all()
  tell({ faults: rows.filter((row) => row !== 'ok') })
}

function tell(answer: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
