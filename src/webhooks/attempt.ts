import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { TraceContext } from '../traces/trace-context.ts'
import type { Delivery, DeliveryTry } from './delivery.ts'
import type { Post, PostOutcome } from './post.ts'
import { isWorthRetrying, nextTryAfter } from './schedule.ts'
import type { WebhookSecrets } from './secrets.ts'
import { sign } from './signature.ts'
import { receiverOf } from './store.ts'

/** A delivery that is replayed again and again keeps this many of its tries. */
const KEPT_TRIES = 50

/** Why a try is ended from here. */
export const SUPERSEDED = new Error('a later event took its place')
export const CLOSED = new Error('the server stopped')

/** A try whose trace can be followed. */
export interface TracedTry {
  /** Sent along, so that the receiver can go on with the trace. */
  headers: Partial<TraceContext>
  /** @param outcome undefined when there was nothing to hand over */
  end(outcome: PostOutcome | undefined): void
}

export interface AttemptOptions {
  secrets: WebhookSecrets
  /** The body of an event as it is sent; undefined when there is nothing to be told any more. */
  render(delivery: Delivery): Promise<string | undefined>
  traceTry(delivery: Delivery): TracedTry
  /** @throws the reason of the signal when that ends it */
  post(post: Post, signal: AbortSignal): Promise<PostOutcome>
  /** No retry is planned later than this after the first try, unless the receiver asks for it. */
  retryWindowMs: number
  clock: Clock
  log: Logger
}

/** Tries once to hand an event to its receiver and tells what becomes of the delivery; never throws. */
export async function attempt(delivery: Delivery, signal: AbortSignal, options: AttemptOptions): Promise<Delivery> {
  const { clock } = options
  const [at, begin] = [clock.now(), clock.monotonic()]
  const outcome = await handOver(delivery, at, signal, options)
  if (outcome === undefined) return { ...delivery, state: 'superseded', nextTryAt: null }
  const { status, error } = outcome
  const made: DeliveryTry = { at, durationMs: Math.round(clock.monotonic() - begin), status, error }
  const tried = { ...delivery, tries: [...delivery.tries, made].slice(-KEPT_TRIES) }
  if (signal.aborted && error !== null)
    return signal.reason === SUPERSEDED ? { ...tried, state: 'superseded', nextTryAt: null } : tried
  return afterwards(tried, outcome, options)
}

/** How the try went; undefined when there was nothing to hand over. */
async function handOver(
  delivery: Delivery,
  at: number,
  signal: AbortSignal,
  { render, traceTry, secrets, post }: AttemptOptions,
): Promise<PostOutcome | undefined> {
  let traced: TracedTry | undefined
  let outcome: PostOutcome | undefined
  try {
    traced = traceTry(delivery)
    const text = await render(delivery)
    if (text === undefined) return
    const body = Buffer.from(text)
    const signing = await secrets.signing(delivery.account)
    const signed = sign(signing, { id: delivery.id, timestamp: Math.floor(at / 1000), body })
    outcome = await post({ url: delivery.url, body, headers: { ...signed, ...traced.headers } }, signal)
  } catch (error) {
    const reason = signal.aborted ? signal.reason : error
    outcome = { status: null, retryAfterMs: undefined, error: messageOf(reason) }
  } finally {
    traced?.end(outcome)
  }
  return outcome
}

function afterwards(tried: Delivery, outcome: PostOutcome, { clock, log, retryWindowMs }: AttemptOptions): Delivery {
  const { tries, event, id, predictionId, url } = tried
  if (outcome.error === null) return { ...tried, state: 'delivered', nextTryAt: null }
  const now = clock.now()
  // The clock may have been set back.
  const sinceFirst = Math.max(0, now - (tries[0]?.at ?? now))
  const retried = event === 'completed' && isWorthRetrying(outcome)
  const wait = retried ? nextTryAfter(tries.length, sinceFirst, outcome, retryWindowMs, Math.random()) : undefined
  // The clock drops parts of a millisecond, and nobody is asked earlier than he wishes.
  if (wait !== undefined) return { ...tried, nextTryAt: Math.ceil(now + wait) + 1 }
  // The rest of a URL may be a secret.
  const receiver = receiverOf(url)
  log.warn(
    { prediction: predictionId, delivery: id, event, receiver, reason: outcome.error },
    'a webhook was not taken',
  )
  return { ...tried, state: 'failed', nextTryAt: null }
}
