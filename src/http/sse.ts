import { once } from 'node:events'
import type { ServerResponse } from 'node:http'

/** Clients give up after 30 seconds of silence. */
const KEEP_ALIVE_MS = 15_000

export interface ServerSentEvent {
  event: 'output' | 'error' | 'done'
  id: string
  data: string
}

/**
 * Event, id and data in this order, each on lines ended by LF only, one `data:` for every line of the text: what the
 * strictest of the clients' parsers needs (replicate-api.md 6.3).
 */
export function formatEvent({ event, id, data }: ServerSentEvent): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`)
  return `event: ${event}\nid: ${id}\n${lines.join('')}\n`
}

/** One open stream of events. */
export class EventStream {
  readonly #response: ServerResponse
  readonly #stalledMs: number
  readonly #keepAlive: NodeJS.Timeout
  readonly closed = new AbortController()

  /** @param stalledMs a reader that takes nothing for this long is dropped */
  constructor(response: ServerResponse, stalledMs: number) {
    this.#response = response
    this.#stalledMs = stalledMs
    response.on('close', () => this.#stop())
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Proxies would hold tokens back until a buffer is full.
      'x-accel-buffering': 'no',
    })
    // A comment without a blank line: one client forgets its last id at a blank line without an event.
    response.write(':\n')
    this.#keepAlive = setInterval(() => response.write(':\n'), KEEP_ALIVE_MS)
  }

  /** Sends formatted events; resolves when the reader has taken enough of them to go on, or has been dropped. */
  async send(events: string | Uint8Array): Promise<void> {
    if (this.closed.signal.aborted) return
    if (this.#response.write(events)) return
    const signal = AbortSignal.any([this.closed.signal, AbortSignal.timeout(this.#stalledMs)])
    await once(this.#response, 'drain', { signal }).catch(() => this.#response.destroy())
  }

  /** Ends it when the reader has taken all, or drops a reader that does not. */
  end(): void {
    this.#stop()
    if (this.#response.closed) return
    const stalled = setTimeout(() => this.#response.destroy(), this.#stalledMs)
    this.#response.once('close', () => clearTimeout(stalled))
    this.#response.end()
  }

  #stop(): void {
    clearInterval(this.#keepAlive)
    this.closed.abort()
  }
}
