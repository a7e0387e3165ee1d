import type { Database } from 'better-sqlite3'
import type { Write } from '../db/messages.ts'
import type { Token } from './token.ts'

interface Row {
  id: string
  account: string
  description: string | null
  sha256: Uint8Array
  created_at: number
  last_used_at: number | null
}

const COLUMNS = 'id, account, description, sha256, created_at, last_used_at'

export const tokenStatements = {
  'token.insert': `INSERT INTO tokens (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`,
  'token.use': 'UPDATE tokens SET last_used_at = ? WHERE id = ?',
  'token.delete': 'DELETE FROM tokens WHERE id = ?',
} as const

export interface StoredToken extends Token {
  sha256: Uint8Array
}

export function insertToken({ id, username, description, sha256, createdAt, lastUsedAt }: StoredToken): Write {
  const parameters = [id, username, description ?? null, sha256, createdAt, lastUsedAt ?? null]
  return [{ name: 'token.insert', parameters }]
}

/** Of tokens that are gone by then nothing is kept. */
export function noteUses(uses: readonly { id: string; lastUsedAt: number }[]): Write {
  return uses.map(({ id, lastUsedAt }) => ({ name: 'token.use', parameters: [lastUsedAt, id] }))
}

export function deleteToken(id: string): Write {
  return [{ name: 'token.delete', parameters: [id], expect: 1 }]
}

/** Oldest first. */
export function readTokens(db: Database): StoredToken[] {
  const rows = db.prepare<[], Row>(`SELECT ${COLUMNS} FROM tokens ORDER BY created_at, id`).all()
  return rows.map(({ account, description, created_at, last_used_at, ...row }) => ({
    ...row,
    username: account,
    description: description ?? undefined,
    createdAt: created_at,
    lastUsedAt: last_used_at ?? undefined,
  }))
}
