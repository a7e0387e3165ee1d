import { randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Writer } from '../db/writer.ts'
import { formatSecret } from './signature.ts'
import { forgetSecrets, insertSecret, keepNewestSecrets, retireSecret, type WebhookStore } from './store.ts'

const KEY_BYTES = 32
/** So many sign at the same time, however often one is replaced. */
const MOST = 5
/** As long as that, receivers that know only the former secret can still check what comes. */
const OVERLAP_MS = 24 * 3_600_000

/** The secrets that webhooks are signed with, one for each account. */
export class WebhookSecrets {
  readonly #store: WebhookStore
  readonly #writer: Writer
  readonly #clock: Clock
  /** The first secrets of accounts, while they are made. */
  readonly #making = new Map<string, Promise<string>>()

  constructor({ store, writer, clock }: { store: WebhookStore; writer: Writer; clock: Clock }) {
    this.#store = store
    this.#writer = writer
    this.#clock = clock
  }

  /** Those that sign now, the present one first; the first is made when it is asked for. */
  async signing(account: string): Promise<string[]> {
    const known = this.#store.secrets(account, this.#clock.now())
    return known.length > 0 ? known : [await this.#makeFirst(account)]
  }

  async present(account: string): Promise<string> {
    const [secret = ''] = await this.signing(account)
    return secret
  }

  /** Makes a new secret; the former one goes on signing beside it for a day. */
  async rotate(account: string): Promise<string> {
    return this.#make(account)
  }

  #makeFirst(account: string): Promise<string> {
    const making = this.#making.get(account) ?? this.#make(account).finally(() => this.#making.delete(account))
    this.#making.set(account, making)
    return making
  }

  async #make(account: string): Promise<string> {
    const now = this.#clock.now()
    const secret = formatSecret(randomBytes(KEY_BYTES))
    await this.#writer.submit([
      ...forgetSecrets(now),
      ...keepNewestSecrets(account, MOST - 1),
      ...retireSecret(account, now + OVERLAP_MS),
      ...insertSecret(account, secret, now),
    ])
    return secret
  }
}
