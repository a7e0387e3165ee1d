import { hash, randomInt } from 'node:crypto'

/** A token that was made over the API. */
export interface Token {
  id: string
  username: string
  description: string | undefined
  createdAt: number
  /** Undefined before its first use; later uses are noted once a minute. */
  lastUsedAt: number | undefined
}

/** A token that was made just now. */
export interface NewToken extends Token {
  /** Shown this once. */
  text: string
  /** Whether everybody could come in before. */
  closedServer: boolean
}

/** Tells scanners for secrets whose it is, and is not that of anybody else. */
const PREFIX = 'rp_'
const LENGTH = 40
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** 238 random bits that can be selected by a double click. */
export function newTokenText(): string {
  return PREFIX + Array.from({ length: LENGTH }, () => BASE62[randomInt(BASE62.length)]).join('')
}

/** All that is kept of a token. */
export function hashToken(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
