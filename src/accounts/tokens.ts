import { hash, timingSafeEqual } from 'node:crypto'
import { AppError } from '../errors.ts'
import { type Account, LOCAL_ACCOUNT } from './account.ts'

interface HashedToken {
  sha256: Buffer
  account: Account
}

/** The tokens of this server, kept as hashes. */
export class Tokens {
  readonly #tokens: readonly HashedToken[]

  /** @param entries `token` or `username:token` */
  constructor(entries: readonly string[]) {
    this.#tokens = entries.map((entry) => {
      const colon = entry.indexOf(':')
      const account = colon === -1 ? LOCAL_ACCOUNT : { username: entry.slice(0, colon) }
      return { sha256: sha256(entry.slice(colon + 1)), account }
    })
  }

  /** Whoever may come in. */
  get accounts(): Account[] {
    return this.open ? [LOCAL_ACCOUNT] : this.#tokens.map(({ account }) => account)
  }

  /** Whether everybody may come in, as `local`. */
  get open(): boolean {
    return this.#tokens.length === 0
  }

  /**
   * Reads `Bearer <token>` or `Token <token>` (replicate-api.md 1).
   * @throws AppError `unauthenticated`
   */
  authenticate(authorization: string | undefined): Account {
    if (this.open) return LOCAL_ACCOUNT
    if (authorization === undefined) throw unauthenticated('You did not pass an authentication token')
    const token = /^(?:bearer|token)\s+(\S+)\s*$/i.exec(authorization)?.[1] ?? ''
    const given = sha256(token)
    // All are compared, so that the time tells nothing about which one came close.
    const matches = this.#tokens.filter((known) => timingSafeEqual(known.sha256, given))
    if (!matches[0]) throw unauthenticated('You did not pass a valid authentication token')
    return matches[0].account
  }
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}

function unauthenticated(message: string): AppError {
  return new AppError('unauthenticated', message, { title: 'Unauthenticated' })
}
