import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { AppError } from '../errors.ts'
import { Tally } from '../tally.ts'
import { type Account, LOCAL_ACCOUNT } from './account.ts'
import { hashToken } from './token.ts'

/** A token as a request is compared with it. */
interface KnownToken {
  sha256: Uint8Array
  account: Account
  /** Undefined for one of the configuration. */
  id: string | undefined
  /** Whether a request has come with it since that was last asked for. */
  used: boolean
}

/** The tokens that let somebody in, kept as hashes in memory: those of the configuration and those of the database. */
export class Tokens {
  /** By a hash of the hash, keyed anew in each process: where the search ends tells nothing about any token. */
  readonly #known = new Map<string, KnownToken>()
  readonly #key = randomBytes(32)
  /** How many of them each account has. */
  readonly #accounts = new Tally()
  #open = true

  /** @param configured `token` or `username:token` */
  constructor(configured: readonly string[]) {
    for (const entry of configured) {
      const colon = entry.indexOf(':')
      const account = colon === -1 ? LOCAL_ACCOUNT : { username: entry.slice(0, colon) }
      this.#add({ sha256: hashToken(entry.slice(colon + 1)), account, id: undefined, used: false })
    }
  }

  /** Lets a token of the database in from now on. */
  add({ id, username, sha256 }: { id: string; username: string; sha256: Uint8Array }): void {
    this.#add({ sha256, account: { username }, id, used: false })
  }

  /** The next request with the token is refused. Never opens the server again. */
  remove(id: string): void {
    for (const [index, token] of this.#known)
      if (token.id === id) {
        this.#known.delete(index)
        this.#accounts.add(token.account.username, -1)
      }
  }

  /** Whoever may come in; somebody with several tokens is there as often. */
  get accounts(): Account[] {
    return this.open ? [LOCAL_ACCOUNT] : Array.from(this.#known.values(), ({ account }) => account)
  }

  /** Whether they are of more than one account. */
  get areOfMany(): boolean {
    return this.#accounts.size > 1
  }

  /** Who could still come in without these tokens of the database. */
  accountsWithout(ids: ReadonlySet<string>): Account[] {
    const left = Array.from(this.#known.values()).filter(({ id }) => id === undefined || !ids.has(id))
    return left.map(({ account }) => account)
  }

  /** How many the configuration names. */
  get configured(): number {
    return Array.from(this.#known.values()).filter(({ id }) => id === undefined).length
  }

  /** Whether everybody may come in, as `local`: until there is a token. */
  get open(): boolean {
    return this.#open
  }

  /**
   * Reads `Bearer <token>` or `Token <token>` (replicate-api.md 1).
   * @throws AppError `unauthenticated`
   */
  authenticate(authorization: string | undefined): Account {
    if (this.#open) return LOCAL_ACCOUNT
    if (authorization === undefined) throw unauthenticated('You did not pass an authentication token')
    const given = hashToken(/^(?:bearer|token)\s+(\S+)\s*$/i.exec(authorization)?.[1] ?? '')
    const known = this.#known.get(this.#index(given))
    if (!known || !timingSafeEqual(known.sha256, given))
      throw unauthenticated('You did not pass a valid authentication token')
    known.used = true
    return known.account
  }

  /** Ids of the tokens of the database that have been used since this was last called. */
  takeUsed(): string[] {
    const used = Array.from(this.#known.values()).filter((token) => token.used)
    for (const token of used) token.used = false
    return used.flatMap(({ id }) => id ?? [])
  }

  #add(token: KnownToken): void {
    this.#known.set(this.#index(token.sha256), token)
    this.#accounts.add(token.account.username)
    this.#open = false
  }

  #index(sha256: Uint8Array): string {
    return hash('sha256', Buffer.concat([this.#key, sha256]), 'base64')
  }
}

function unauthenticated(message: string): AppError {
  return new AppError('unauthenticated', message, { title: 'Unauthenticated' })
}
