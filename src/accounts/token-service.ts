import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Writer } from '../db/writer.ts'
import { AppError, notFound } from '../errors.ts'
import { IdMaker } from '../id.ts'
import type { Account } from './account.ts'
import type { Operators } from './operators.ts'
import { hashToken, type NewToken, newTokenText, type Token } from './token.ts'
import { deleteToken, insertToken, noteUses, type StoredToken } from './token-store.ts'
import type { Tokens } from './tokens.ts'

/** All are kept in memory and listed in one answer. */
const MOST_TOKENS = 1_000
/** How often it is written down which were used. */
const NOTE_USES_MS = 60_000

export interface TokenServiceOptions {
  /** What the database holds at the start. */
  stored: readonly StoredToken[]
  /** What requests are compared with; gets those of the database. */
  tokens: Tokens
  writer: Writer
  operators: Operators
  clock: Clock
  log: Logger
  /** Makes what an account has to have before it comes in. */
  welcome(username: string): Promise<unknown>
}

/**
 * Makes and revokes the tokens of the database; what is refused here keeps somebody in who can make others. Checks and
 * notes of what is under way happen in one turn of the event loop, so that two requests cannot both take the last place.
 */
export class TokenService {
  readonly #options: TokenServiceOptions
  readonly #tokens: Map<string, Token>
  readonly #ids = new IdMaker()
  readonly #revoking = new Set<string>()
  /** Whose last use is not on disk yet. */
  readonly #usesToNote = new Set<string>()
  readonly #timer: NodeJS.Timeout
  #creating = 0

  constructor(options: TokenServiceOptions) {
    this.#options = options
    const { stored, tokens, operators, log } = options
    this.#tokens = new Map(stored.map(({ sha256: _, ...token }) => [token.id, token]))
    for (const token of stored) tokens.add(token)
    if (!tokens.accounts.some((account) => operators.includes(account)))
      log.warn('no token is of an operator: nobody can make tokens; name an account in REPRISE_OPERATORS')
    this.#timer = setInterval(() => void this.#noteUses(), NOTE_USES_MS)
    this.#timer.unref()
  }

  /** Notes the last uses; requests that come later are not noted. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#noteUses()
  }

  /**
   * Oldest first.
   * @throws AppError `forbidden` for who is no operator
   */
  list(account: Account): Token[] {
    this.#assertOperator(account)
    this.#takeUses()
    return [...this.#tokens.values()]
  }

  /** How many tokens the configuration names, which cannot be revoked here. */
  get configured(): number {
    return this.#options.tokens.configured
  }

  /**
   * @throws AppError `forbidden` for who is no operator, `invalid` when there are too many or it would lock everybody out
   */
  async create(account: Account, username: string, description: string | undefined): Promise<NewToken> {
    const { tokens, writer, operators, clock, log, welcome } = this.#options
    this.#assertOperator(account)
    if (this.#tokens.size + this.#creating >= MOST_TOKENS)
      throw new AppError('invalid', `There are ${MOST_TOKENS} tokens, and no more can be kept; revoke some first`)
    if (tokens.open && !operators.includes({ username }))
      throw new AppError(
        'invalid',
        `The first token closes this server to everybody without one, and ${username} is no operator, who could make others; make one for local first, or name ${username} in REPRISE_OPERATORS`,
      )
    this.#creating++
    try {
      await welcome(username)
      const text = newTokenText()
      const sha256 = hashToken(text)
      const createdAt = clock.now()
      const token: Token = { id: this.#ids.next(createdAt), username, description, createdAt, lastUsedAt: undefined }
      await writer.submit(insertToken({ ...token, sha256 }))
      const closedServer = tokens.open
      this.#tokens.set(token.id, token)
      tokens.add({ ...token, sha256 })
      log.info({ id: token.id, username, by: account.username }, 'a token was created')
      return { ...token, text, closedServer }
    } finally {
      this.#creating--
    }
  }

  /**
   * The next request with the token is refused; what was let in before goes on.
   * @throws AppError `forbidden` for who is no operator, `not_found`, or `invalid` for the last token of an operator
   */
  async revoke(account: Account, id: string): Promise<void> {
    const { tokens, writer, log } = this.#options
    this.#assertOperator(account)
    const token = this.#tokens.get(id)
    if (!token || this.#revoking.has(id)) throw notFound('There is no token of this id')
    this.#revoking.add(id)
    try {
      this.#assertOperatorsStay()
      await writer.submit(deleteToken(id))
      this.#tokens.delete(id)
      tokens.remove(id)
      log.info({ id, username: token.username, by: account.username }, 'a token was revoked')
    } finally {
      this.#revoking.delete(id)
    }
  }

  #assertOperator(account: Account): void {
    if (this.#options.operators.includes(account)) return
    throw new AppError(
      'forbidden',
      `${account.username} is no operator, and only operators see, make and revoke tokens; REPRISE_OPERATORS names them`,
    )
  }

  /** Whether there is an operator's token that is not about to go. */
  #assertOperatorsStay(): void {
    const { tokens, operators } = this.#options
    if (tokens.accountsWithout(this.#revoking).some((account) => operators.includes(account))) return
    throw new AppError(
      'invalid',
      'This is the last token of an operator, without which nobody could make others; make another first',
    )
  }

  #takeUses(): void {
    const { tokens, clock } = this.#options
    const now = clock.now()
    for (const id of tokens.takeUsed()) {
      const token = this.#tokens.get(id)
      if (token) token.lastUsedAt = now
      this.#usesToNote.add(id)
    }
  }

  /** What cannot be written now is written with the next use. */
  async #noteUses(): Promise<void> {
    const { writer, log } = this.#options
    this.#takeUses()
    const uses = [...this.#usesToNote].flatMap((id) => {
      const lastUsedAt = this.#tokens.get(id)?.lastUsedAt
      return lastUsedAt === undefined ? [] : [{ id, lastUsedAt }]
    })
    this.#usesToNote.clear()
    if (uses.length === 0) return
    await writer
      .submit(noteUses(uses))
      .catch((error) => log.warn({ err: error }, 'the last uses of tokens were not kept'))
  }
}
