import type { Agent } from 'undici'
import type { Clock } from '../clock.ts'
import type { Post, PostOutcome } from './post.ts'

/** Posts webhooks by the rules of this server. The HTTP client is loaded with the first: it takes 28 MB. */
export class WebhookSender {
  readonly #privateNetwork: boolean
  readonly #clock: Clock
  #agent: Agent | undefined

  /** @param options.privateNetwork whether private and loopback addresses may be reached */
  constructor({ privateNetwork, clock }: { privateNetwork: boolean; clock: Clock }) {
    this.#privateNetwork = privateNetwork
    this.#clock = clock
  }

  /** As `post`, which says what it throws. */
  async post(delivery: Post, signal: AbortSignal): Promise<PostOutcome> {
    const [{ post }, { guardedAgent }] = await Promise.all([
      import('./post.ts'),
      import('../outbound/guarded-agent.ts'),
    ])
    this.#agent ??= guardedAgent({ privateNetwork: this.#privateNetwork })
    return post(delivery, { agent: this.#agent, signal, now: () => this.#clock.now() })
  }

  async close(): Promise<void> {
    await this.#agent?.destroy()
  }
}
