import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Writer } from '../db/writer.ts'
import { startTimer } from '../timer.ts'
import type { Delivery, DeliveryTry } from './delivery.ts'
import type { Post, PostOutcome } from './post.ts'
import { isProgress } from './progress.ts'
import { isWorthRetrying, nextTryAfter } from './schedule.ts'
import type { WebhookSecrets } from './secrets.ts'
import { sign } from './signature.ts'
import { receiverOf, update, type WebhookStore } from './store.ts'

/** Tries under way at the same time: to one origin, and in all. */
const MOST_PER_RECEIVER = 16
const MOST = 256
/** While all together take more than half of that, a receiver gets no more than this: many that hang leave room. */
const FEW_PER_RECEIVER = 2
/** A delivery that is replayed again and again keeps this many of its tries. */
const KEPT_TRIES = 50
/** After what became of a try could not be kept, its delivery waits so long; it will be sent again. */
const UNKEPT_MS = 1_000

const SUPERSEDED = new Error('A later event took its place')
const CLOSED = new Error('The server stops')

export interface DispatcherOptions {
  store: WebhookStore
  writer: Writer
  secrets: WebhookSecrets
  /** The body of an event that has none yet; undefined when there is nothing to be told any more. */
  render(delivery: Delivery): Promise<string | undefined>
  /** Called after each try, however it went. */
  onTried(delivery: Delivery): void
  /** @throws the reason of the signal when that ends it */
  post(post: Post, signal: AbortSignal): Promise<PostOutcome>
  /** No retry is made later than this after the first try, unless the receiver asks for it. */
  retryWindowMs: number
  clock: Clock
  log: Logger
}

/** One origin that takes webhooks. */
interface Receiver {
  origin: string
  /** By id of the delivery. */
  sending: Map<string, { delivery: Delivery; controller: AbortController; ended: Promise<void> }>
  stopTimer: (() => void) | undefined
}

/**
 * Sends what waits in the database. It remembers only what it is sending: a receiver that hangs costs others nothing,
 * and a restart goes on where the last server was.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #receivers = new Map<string, Receiver>()
  /** Those that found no room because all others together took it. */
  readonly #starved = new Set<Receiver>()
  #sending = 0
  #open = false

  constructor(options: DispatcherOptions) {
    this.#options = options
  }

  /** Sends what an earlier server has left. */
  start(): void {
    this.#open = true
    for (const origin of this.#options.store.receivers()) this.wake(origin)
  }

  /** Looks for what may be sent now. */
  wake(origin: string): void {
    if (!this.#open) return
    const receiver = this.#receivers.get(origin) ?? { origin, sending: new Map(), stopTimer: undefined }
    this.#receivers.set(origin, receiver)
    this.#pump(receiver)
  }

  /** Ends tries that tell what has been overtaken by the end of the prediction. */
  supersede(url: string, predictionId: string): void {
    for (const { delivery, controller } of this.#receivers.get(receiverOf(url))?.sending.values() ?? [])
      if (delivery.predictionId === predictionId && isProgress(delivery.event)) controller.abort(SUPERSEDED)
  }

  /** Ends all tries; their deliveries wait for the next start. */
  async close(): Promise<void> {
    this.#open = false
    const under = [...this.#receivers.values()].flatMap(({ sending }) => [...sending.values()])
    for (const { stopTimer } of this.#receivers.values()) stopTimer?.()
    for (const { controller } of under) controller.abort(CLOSED)
    await Promise.all(under.map(({ ended }) => ended))
  }

  #pump(receiver: Receiver): void {
    if (!this.#open) return
    receiver.stopTimer?.()
    receiver.stopTimer = undefined
    const { store, clock } = this.#options
    const { origin, sending } = receiver
    const most = this.#sending < MOST / 2 ? MOST_PER_RECEIVER : FEW_PER_RECEIVER
    const room = Math.min(most - sending.size, MOST - this.#sending)
    if (room <= 0) {
      if (sending.size < MOST_PER_RECEIVER) this.#starved.add(receiver)
      return
    }
    const now = clock.now()
    // What has been overtaken is still under way for a moment.
    const busy = [...sending.values()].map(({ delivery }) => delivery.predictionId)
    for (const delivery of store.due(origin, now, room, busy)) this.#send(receiver, delivery)
    const next = store.nextTryAt(origin, now)
    if (next !== undefined) receiver.stopTimer = startTimer(next - now, () => this.#pump(receiver))
    else if (sending.size === 0) this.#receivers.delete(origin)
  }

  #send(receiver: Receiver, delivery: Delivery): void {
    const controller = new AbortController()
    this.#sending++
    const ended = this.#tryAndKeep(delivery, controller.signal).finally(() => {
      receiver.sending.delete(delivery.id)
      this.#sending--
      this.#options.onTried(delivery)
      this.#pump(receiver)
      const starved = [...this.#starved]
      this.#starved.clear()
      for (const other of starved) this.#pump(other)
    })
    receiver.sending.set(delivery.id, { delivery, controller, ended })
  }

  async #tryAndKeep(delivery: Delivery, signal: AbortSignal): Promise<void> {
    try {
      const after = await this.#try(delivery, signal)
      if (after) await this.#options.writer.submit(update(after))
    } catch (error) {
      this.#options.log.error(
        { err: error, prediction: delivery.predictionId, delivery: delivery.id },
        'what became of a webhook could not be kept; it is sent again',
      )
      const { promise, resolve } = Promise.withResolvers<void>()
      const stop = startTimer(UNKEPT_MS, resolve)
      signal.addEventListener('abort', () => resolve())
      await promise
      stop()
    }
  }

  /** What becomes of a delivery; undefined when it stays as it is. */
  async #try(delivery: Delivery, signal: AbortSignal): Promise<Delivery | undefined> {
    const { secrets, clock, post, render } = this.#options
    const { id, url } = delivery
    const body = delivery.body ?? (await render(delivery))
    if (body === undefined) return { ...delivery, state: 'superseded', nextTryAt: null }
    const signing = await secrets.signing(delivery.account)
    const [at, begin] = [clock.now(), clock.monotonic()]
    try {
      const headers = sign(signing, { id, timestamp: Math.floor(at / 1000), body })
      const outcome = await post({ url, body, headers }, signal)
      return this.#after(delivery, outcome, { at, durationMs: Math.round(clock.monotonic() - begin) })
    } catch (error) {
      if (error === SUPERSEDED) return { ...delivery, state: 'superseded', nextTryAt: null }
      if (error === CLOSED) return
      throw error
    }
  }

  #after(delivery: Delivery, outcome: PostOutcome, when: Pick<DeliveryTry, 'at' | 'durationMs'>): Delivery {
    const { clock, log, retryWindowMs } = this.#options
    const { status, error } = outcome
    const tries = [...delivery.tries, { ...when, status, error }].slice(-KEPT_TRIES)
    if (error === null) return { ...delivery, state: 'delivered', nextTryAt: null, tries }
    const now = clock.now()
    const sinceFirst = now - (tries[0]?.at ?? now)
    const retried = delivery.event === 'completed' && isWorthRetrying(outcome)
    const wait = retried ? nextTryAfter(tries.length, sinceFirst, outcome, retryWindowMs, Math.random()) : undefined
    const { predictionId: prediction, id, event, url } = delivery
    if (wait === undefined) log.warn({ prediction, delivery: id, event, url, reason: error }, 'a webhook was not taken')
    return wait === undefined
      ? { ...delivery, state: 'failed', nextTryAt: null, tries }
      : { ...delivery, nextTryAt: Math.ceil(now + wait), tries }
  }
}
