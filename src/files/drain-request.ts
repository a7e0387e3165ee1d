import type { IncomingMessage } from 'node:http'

/** As long as that, a client that was refused may go on sending. */
const PATIENCE_MS = 10_000

/**
 * Takes and forgets what a client still sends after it was answered. Many clients read an answer only when they have
 * sent everything, and a connection that is closed before then can swallow it.
 */
export function drainRequest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return
  request.unpipe()
  request.resume()
  const timer = setTimeout(() => request.destroy(), PATIENCE_MS).unref()
  request.once('close', () => clearTimeout(timer))
}
