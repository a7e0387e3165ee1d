import { type Dispatcher, request } from 'undici'
import { formatDuration } from '../duration.ts'
import { messageOf } from '../errors.ts'
import { networkTrouble } from '../outbound/network-trouble.ts'
import { startTimer } from '../timer.ts'
import type { TraceContext } from '../traces/trace-context.ts'
import { parseRetryAfter, type TryOutcome } from './schedule.ts'
import type { SignedHeaders } from './signature.ts'

/** From the first byte to the end of the answer. */
const DEADLINE_MS = 10_000
/** What a receiver answers is not read, beyond what lets its connection be used again. */
const READ_BYTES = 64 * 2 ** 10

export interface Post {
  url: string
  body: Uint8Array
  headers: SignedHeaders & Partial<TraceContext>
}

/** How a try went; `error` is null when the receiver took it. */
export interface PostOutcome extends TryOutcome {
  error: string | null
}

/**
 * Hands one event to its receiver; never throws for what the receiver or the network does.
 * @throws the reason of the signal when that ends it
 */
export async function post(
  { url, body, headers }: Post,
  { agent, signal, now }: { agent: Dispatcher; signal: AbortSignal; now: () => number },
): Promise<PostOutcome> {
  const deadline = new AbortController()
  const stopTimer = startTimer(DEADLINE_MS, () =>
    deadline.abort(new Error(`it did not answer within ${formatDuration(DEADLINE_MS)}`)),
  )
  const ended = AbortSignal.any([signal, deadline.signal])
  const { promise: cut, reject } = Promise.withResolvers<never>()
  ended.addEventListener('abort', () => reject(ended.reason), { once: true })
  cut.catch(() => {})
  try {
    ended.throwIfAborted()
    const sent = request(url, {
      method: 'POST',
      dispatcher: agent,
      signal: ended,
      headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'reprise' },
      body,
    })
    // undici heeds a signal only once it has a connection.
    const { statusCode: status, headers: answered, body: answer } = await Promise.race([sent, cut])
    await answer.dump({ limit: READ_BYTES, signal: ended }).catch(() => {})
    const retryAfter = answered['retry-after']
    return {
      status,
      retryAfterMs: parseRetryAfter(Array.isArray(retryAfter) ? retryAfter[0] : retryAfter, now()),
      error: describe(status),
    }
  } catch (error) {
    signal.throwIfAborted()
    const reason = deadline.signal.aborted ? deadline.signal.reason : networkTrouble(error, new URL(url))
    return { status: null, retryAfterMs: undefined, error: messageOf(reason) }
  } finally {
    stopTimer()
  }
}

function describe(status: number): string | null {
  if (status >= 200 && status < 300) return null
  if (status >= 300 && status < 400)
    return `it redirects (${status}), which is never followed; give the URL that it redirects to`
  return `it answered ${status}`
}
