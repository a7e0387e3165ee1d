import type { Writer } from '../db/writer.ts'
import { startTimer } from '../timer.ts'
import { type AttemptOptions, attempt, CLOSED, SUPERSEDED } from './attempt.ts'
import type { Delivery, WaitingDelivery } from './delivery.ts'
import type { WebhookObserver } from './observer.ts'
import { isProgress } from './progress.ts'
import { receiverOf, update, type WebhookStore } from './store.ts'

/** Tries under way at the same time: to one origin, and in all. */
const MOST_PER_RECEIVER = 16
const MOST = 256
/** While all together take more than half of that, a receiver gets no more than this: many that hang leave room. */
const FEW_PER_RECEIVER = 2
/** Bytes of stored bodies under way at the same time; one that is larger goes alone. */
const MOST_BYTES = 64 * 2 ** 20
/** Waits between tries to keep what became of a delivery; the last is repeated. */
const KEEP_AGAIN_MS = [1_000, 5_000, 30_000]

export interface DispatcherOptions extends AttemptOptions {
  store: WebhookStore
  writer: Writer
  observer?: WebhookObserver | undefined
  /** Called after each try, however it went. */
  onTried(delivery: Delivery): void
}

/** One origin that takes webhooks. */
interface Receiver {
  origin: string
  /** By id of the delivery. */
  sending: Map<string, { delivery: WaitingDelivery; controller: AbortController; ended: Promise<void> }>
  stopTimer: (() => void) | undefined
}

/**
 * Sends what waits in the database. It remembers only what it is sending: a receiver that hangs costs others nothing,
 * and a restart goes on where the last server was.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #receivers = new Map<string, Receiver>()
  /** Those that found no room because all others together took it, in the order in which they get some. */
  readonly #starved = new Set<Receiver>()
  #sending = 0
  #bytes = 0
  #open = false
  #onIdle: (() => void) | undefined

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

  /** Resolves when nothing is being sent; what is due begins at once, so then nothing is due either. */
  async idle(): Promise<void> {
    if (this.#sending > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve))
  }

  /** Ends all tries; their deliveries wait for the next start. */
  async close(): Promise<void> {
    this.#open = false
    const under = [...this.#receivers.values()].flatMap(({ sending }) => [...sending.values()])
    for (const { stopTimer } of this.#receivers.values()) stopTimer?.()
    for (const { controller } of under) controller.abort(CLOSED)
    await Promise.all(under.map(({ ended }) => ended))
  }

  /** @param dueBy a time that has come by the monotonic clock, though the other one may have been set back since */
  #pump(receiver: Receiver, dueBy = 0): void {
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
    const now = Math.max(clock.now(), dueBy)
    // What has been overtaken is still under way for a moment.
    const busy = [...sending.values()].map(({ delivery }) => delivery.predictionId)
    for (const delivery of store.due(origin, now, room, busy)) {
      if (this.#sending > 0 && this.#bytes + delivery.bodyBytes > MOST_BYTES) return void this.#starved.add(receiver)
      this.#send(receiver, delivery)
    }
    const next = store.nextTryAt(origin, now)
    if (next !== undefined) receiver.stopTimer = startTimer(next - now, () => this.#pump(receiver, next))
    else if (sending.size === 0) this.#receivers.delete(origin)
  }

  #send(receiver: Receiver, delivery: WaitingDelivery): void {
    const controller = new AbortController()
    this.#sending++
    this.#bytes += delivery.bodyBytes
    const ended = this.#tryAndKeep(delivery, controller.signal).finally(() => {
      receiver.sending.delete(delivery.id)
      this.#sending--
      this.#bytes -= delivery.bodyBytes
      this.#options.onTried(delivery)
      // Behind those that have waited for room.
      this.#starved.add(receiver)
      const starved = [...this.#starved]
      this.#starved.clear()
      for (const other of starved) this.#pump(other)
      if (this.#sending === 0) this.#onIdle?.()
    })
    receiver.sending.set(delivery.id, { delivery, controller, ended })
  }

  /** What was tried is not tried again because the database takes nothing for a while. */
  async #tryAndKeep(delivery: Delivery, signal: AbortSignal): Promise<void> {
    const { writer, log, clock, observer } = this.#options
    const after = await attempt(delivery, signal, this.#options)
    const ended = clock.now()
    for (let failures = 0; ; failures++)
      try {
        await writer.submit(update(after))
        return observer?.onTried(after, Math.max(0, ended - (delivery.nextTryAt ?? ended)))
      } catch (error) {
        log.error({ err: error, delivery: delivery.id }, 'what became of a webhook could not be kept')
        if (!this.#open) return
        await pause(KEEP_AGAIN_MS[Math.min(failures, KEEP_AGAIN_MS.length - 1)] ?? 0, signal)
      }
  }
}

/** Ends early when the signal is aborted. */
async function pause(timeMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = startTimer(timeMs, resolve)
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
  stop()
}
