import type { Write } from '../db/messages.ts'
import { notFound } from '../errors.ts'
import type { LivePrediction } from '../predictions/live-prediction.ts'
import type { Outbox } from '../predictions/outbox.ts'
import { asBegun, isTerminal, type Prediction, WEBHOOK_EVENTS, type WebhookEvent } from '../predictions/prediction.ts'
import { newSecret } from '../secret.ts'
import { doneWithin } from '../timer.ts'
import type { Delivery } from './delivery.ts'
import { Dispatcher, type DispatcherOptions } from './dispatcher.ts'
import { isProgress, PROGRESS_EVENTS, Progress } from './progress.ts'
import { insert, pruneProgress, receiverOf, removeDeliveries, replay, supersedeProgress } from './store.ts'

export interface WebhookServiceOptions extends Omit<DispatcherOptions, 'render' | 'onTried'> {
  /** The present state of a prediction. */
  find(id: string): Prediction | undefined
  /** Shows a prediction as GET does. */
  show(p: Prediction): Promise<object>
}

interface Followed {
  live: LivePrediction
  progress: Progress
  /** Its origin. */
  receiver: string
}

/** Tells receivers what becomes of predictions: what they are told is committed with what happened. */
export class WebhookService implements Outbox {
  readonly #options: WebhookServiceOptions
  readonly #dispatcher: Dispatcher
  /** Running predictions whose output or logs are told, by id. */
  readonly #followed = new Map<string, Followed>()
  /** How much is told by what is being sent, by id of the delivery. */
  readonly #telling = new Map<string, number>()

  constructor(options: WebhookServiceOptions) {
    this.#options = options
    this.#dispatcher = new Dispatcher({
      ...options,
      render: (delivery) => this.#render(delivery),
      onTried: (delivery) => this.#onTried(delivery),
    })
  }

  /** Sends what an earlier server has left. */
  start(): void {
    this.#dispatcher.start()
  }

  /** Resolves when nothing is being sent and nothing is due, or when the time is over. */
  async flush(timeMs: number): Promise<void> {
    await doneWithin(timeMs, this.#dispatcher.idle())
  }

  close(): Promise<void> {
    return this.#dispatcher.close()
  }

  async writesFor(p: Prediction, began: boolean): Promise<Write> {
    const writes: Write[] = []
    if (began) writes.push(this.#announce(p, 'start', null))
    if (isTerminal(p.status)) {
      writes.push(supersedeProgress(p.id))
      if (wants(p, 'completed')) writes.push(this.#announce(p, 'completed', await this.#bodyOf(p)))
    }
    return writes.flat()
  }

  onCommitted(p: Prediction): void {
    if (p.webhook === null) return
    if (isTerminal(p.status)) {
      this.#followed.delete(p.id)
      this.#dispatcher.supersede(p.webhook, p.id)
    }
    this.#dispatcher.wake(receiverOf(p.webhook))
  }

  follow(live: LivePrediction): void {
    const { webhook } = live.committed
    const events = PROGRESS_EVENTS.filter((event) => wants(live.committed, event))
    if (webhook === null || events.length === 0) return
    this.#followed.set(live.id, { live, progress: new Progress(events), receiver: receiverOf(webhook) })
    live.onChange(() => this.#tellProgress(live.id))
  }

  writesForRemoval(ids: readonly string[]): Write {
    return removeDeliveries(ids)
  }

  /** In the order in which they are sent. */
  list({ id }: Prediction): Delivery[] {
    return this.#options.store.ofPrediction(id)
  }

  /**
   * Sends an event once more, under the same id.
   * @throws AppError `not_found`
   */
  async replay({ id: predictionId }: Prediction, deliveryId: string): Promise<Delivery> {
    const found = this.#options.store.find(deliveryId)
    if (found?.predictionId !== predictionId) throw notFound()
    const nextTryAt = this.#options.clock.now()
    await this.#options.writer.submit(replay(deliveryId, nextTryAt))
    const delivery = this.#options.store.find(deliveryId) ?? found
    this.#dispatcher.wake(receiverOf(delivery.url))
    return delivery
  }

  #tellProgress(id: string): void {
    const followed = this.#followed.get(id)
    if (!followed) return
    const { live, progress, receiver } = followed
    // Nothing is told behind an end that is about to be committed.
    if (live.committed.status !== 'processing' || !live.wanted) return
    const { writer, clock } = this.#options
    for (const [event, waitMs] of progress.grow(live.produced, clock.monotonic())) {
      const write = [...this.#announce(live.committed, event, null, waitMs), ...pruneProgress(id)]
      writer.submit(write).then(
        () => this.#dispatcher.wake(receiver),
        // Told with what comes next.
        () => progress.tell(event, 0, clock.monotonic()),
      )
    }
  }

  /** Only when the receiver has it does the time to the next begin. */
  #onTried({ id, predictionId, event }: Delivery): void {
    const amount = this.#telling.get(id)
    if (amount === undefined || !isProgress(event)) return
    this.#telling.delete(id)
    this.#followed.get(predictionId)?.progress.tell(event, amount, this.#options.clock.monotonic())
    this.#tellProgress(predictionId)
  }

  /** What is told of a prediction at the moment of sending. */
  async #render({ id, predictionId, event }: Delivery): Promise<string | undefined> {
    const { find, show, store } = this.#options
    const stored = store.body(id)
    if (stored !== undefined) return stored
    const found = find(predictionId)
    if (!found) return
    if (event === 'start') return JSON.stringify(await show(asBegun(found)))
    const followed = this.#followed.get(predictionId)
    if (isProgress(event) && followed) this.#telling.set(id, followed.live.produced[event])
    return JSON.stringify(await show(found))
  }

  /** Null when it cannot be shown now; then it is tried again when it is sent, and does not keep the prediction from ending. */
  async #bodyOf(p: Prediction): Promise<string | null> {
    try {
      return JSON.stringify(await this.#options.show(p))
    } catch (error) {
      this.#options.log.error({ err: error, prediction: p.id }, 'a prediction could not be shown for its webhook')
      return null
    }
  }

  #announce(p: Prediction, event: WebhookEvent, body: string | null, waitMs = 0): Write {
    const now = this.#options.clock.now()
    if (p.webhook === null || !wants(p, event)) return []
    return insert({
      id: `msg_${newSecret()}`,
      predictionId: p.id,
      account: p.account,
      event,
      url: p.webhook,
      body,
      state: 'waiting',
      createdAt: now,
      nextTryAt: now + Math.ceil(waitMs),
      tries: [],
    })
  }
}

function wants({ webhook, webhookEventsFilter }: Prediction, event: WebhookEvent): boolean {
  return webhook !== null && (webhookEventsFilter ?? WEBHOOK_EVENTS).includes(event)
}
