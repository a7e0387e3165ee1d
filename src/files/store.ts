import type { Database } from 'better-sqlite3'
import type { Write } from '../db/messages.ts'
import type { Found, Position } from '../page.ts'
import type { FileRecord } from './file.ts'

interface Row {
  id: string
  account: string
  name: string
  content_type: string
  size: number
  sha256: string
  md5: string
  metadata: string
  created_at: number
  expires_at: number
}

const COLUMNS = 'id, account, name, content_type, size, sha256, md5, metadata, created_at, expires_at'

export const fileStatements = {
  'file.insert': `INSERT INTO files (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  'file.delete': 'DELETE FROM files WHERE id = ?',
} as const

export function insert(f: FileRecord): Write {
  const metadata = JSON.stringify(f.metadata)
  const { id, account, name, contentType, size, sha256, md5, createdAt, expiresAt } = f
  return [
    {
      name: 'file.insert',
      parameters: [id, account, name, contentType, size, sha256, md5, metadata, createdAt, expiresAt],
    },
  ]
}

/** Removes rows; those that are gone already do not matter. */
export function remove(ids: readonly string[]): Write {
  return ids.map((id) => ({ name: 'file.delete', parameters: [id] }))
}

/** Reads on the server's own connection: only what has been committed. */
export class FileStore {
  readonly #find
  readonly #expired
  readonly #newest
  readonly #older
  readonly #newer

  constructor(db: Database) {
    this.#find = db.prepare<[string], Row>(`SELECT ${COLUMNS} FROM files WHERE id = ?`)
    this.#expired = db
      .prepare<[number, number], string>('SELECT id FROM files WHERE expires_at <= ? ORDER BY expires_at LIMIT ?')
      .pluck()
    const list = (beyond: string, direction: 'ASC' | 'DESC') =>
      `SELECT ${COLUMNS} FROM files WHERE account = ? AND expires_at > ? ${beyond}
        ORDER BY created_at ${direction}, id ${direction} LIMIT ?`
    this.#newest = db.prepare<[string, number, number], Row>(list('', 'DESC'))
    type Beyond = [string, number, number, string, number]
    this.#older = db.prepare<Beyond, Row>(list('AND (created_at, id) < (?, ?)', 'DESC'))
    this.#newer = db.prepare<Beyond, Row>(list('AND (created_at, id) > (?, ?)', 'ASC'))
  }

  find(id: string): FileRecord | undefined {
    const row = this.#find.get(id)
    return row && fromRow(row)
  }

  /** Ids of files whose time is over, the longest ago first. */
  expired(now: number, most: number): string[] {
    return this.#expired.all(now, most)
  }

  /** Files of an account beyond the position that have not expired, newest first; oldest first when it looks back. */
  list(account: string, now: number, position: Position | undefined, size: number): Found<FileRecord> {
    const rows = position
      ? (position.reverse ? this.#newer : this.#older).all(account, now, position.at, position.id, size + 1)
      : this.#newest.all(account, now, size + 1)
    return { rows: rows.slice(0, size).map(fromRow), more: rows.length > size }
  }
}

function fromRow(row: Row): FileRecord {
  return {
    id: row.id,
    account: row.account,
    name: row.name,
    contentType: row.content_type,
    size: row.size,
    sha256: row.sha256,
    md5: row.md5,
    metadata: JSON.parse(row.metadata),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}
