import type { Agent } from 'undici'
import type { Downloaded } from './download.ts'

export interface DownloaderOptions {
  /** Whether private and loopback addresses may be reached. */
  privateNetwork: boolean
  limitBytes: number
  /** For one file, redirects included. */
  deadlineMs: number
}

/** Downloads files by the rules of this server. The HTTP client is loaded with the first: it takes 28 MB. */
export class Downloader {
  readonly #options: DownloaderOptions
  #agent: Agent | undefined

  constructor(options: DownloaderOptions) {
    this.#options = options
  }

  /** As `download`, which says what it throws. */
  async download(url: URL, path: string, signal: AbortSignal): Promise<Downloaded> {
    const { privateNetwork, limitBytes, deadlineMs } = this.#options
    const [{ download }, { guardedAgent }] = await Promise.all([import('./download.ts'), import('./guarded-agent.ts')])
    this.#agent ??= guardedAgent({ privateNetwork })
    return download(url, path, { agent: this.#agent, limitBytes, deadlineMs, signal })
  }

  async close(): Promise<void> {
    await this.#agent?.destroy()
  }
}
