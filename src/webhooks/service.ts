import type { Write } from '../db/messages.ts'
import { notFound } from '../errors.ts'
import type { LivePrediction } from '../predictions/live-prediction.ts'
import type { Outbox } from '../predictions/outbox.ts'
import { asBegun, isTerminal, type Prediction, WEBHOOK_EVENTS, type WebhookEvent } from '../predictions/prediction.ts'
import { newSecret } from '../secret.ts'
import type { Delivery } from './delivery.ts'
import { Dispatcher, type DispatcherOptions } from './dispatcher.ts'
import { isProgress, PROGRESS_EVENTS, Progress } from './progress.ts'
import { insert, pruneProgress, receiverOf, removeDeliveries, supersedeProgress, update } from './store.ts'

export interface WebhookServiceOptions extends Omit<DispatcherOptions, 'render' | 'onTried'> {
  /** The present state of a prediction. */
  find(id: string): Prediction | undefined
  /** Shows a prediction as GET does. */
  show(p: Prediction): Promise<object>
}

interface Followed {
  live: LivePrediction
  progress: Progress
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

  close(): Promise<void> {
    return this.#dispatcher.close()
  }

  async writesFor(p: Prediction, began: boolean): Promise<Write> {
    const writes: Write[] = []
    if (began) writes.push(this.#announce(p, 'start', null))
    if (isTerminal(p.status)) {
      writes.push(supersedeProgress(p.id))
      const body = wants(p, 'completed') ? JSON.stringify(await this.#options.show(p)) : null
      writes.push(this.#announce(p, 'completed', body))
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
    const events = PROGRESS_EVENTS.filter((event) => wants(live.committed, event))
    if (events.length === 0) return
    this.#followed.set(live.id, { live, progress: new Progress(events) })
    live.onChange(() => this.#tellProgress(live.id))
  }

  writesForRemoval(id: string): Write {
    return removeDeliveries(id)
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
    const delivery: Delivery = { ...found, state: 'waiting', nextTryAt: this.#options.clock.now() }
    await this.#options.writer.submit(update(delivery))
    this.#dispatcher.wake(receiverOf(delivery.url))
    return delivery
  }

  #tellProgress(id: string): void {
    const followed = this.#followed.get(id)
    if (followed?.live.committed.status !== 'processing') return
    const { live, progress } = followed
    for (const [event, notBefore] of progress.grow(live.produced, this.#options.clock.now())) {
      const write = [...this.#announce(live.committed, event, null, notBefore), ...pruneProgress(id)]
      this.#options.writer.submit(write).then(
        () => this.#dispatcher.wake(receiverOf(live.committed.webhook ?? '')),
        // Told with what comes next.
        () => progress.tell(event, 0, this.#options.clock.now()),
      )
    }
  }

  /** Only when the receiver has it does the time to the next begin. */
  #onTried({ id, predictionId, event }: Delivery): void {
    const amount = this.#telling.get(id)
    if (amount === undefined || !isProgress(event)) return
    this.#telling.delete(id)
    this.#followed.get(predictionId)?.progress.tell(event, amount, this.#options.clock.now())
    this.#tellProgress(predictionId)
  }

  /** What is told of a prediction at the moment of sending. */
  async #render({ id, predictionId, event }: Delivery): Promise<string | undefined> {
    const { find, show } = this.#options
    const found = find(predictionId)
    if (!found) return
    if (event === 'start') return JSON.stringify(await show(asBegun(found)))
    const followed = this.#followed.get(predictionId)
    if (isProgress(event) && followed) this.#telling.set(id, followed.live.produced[event])
    return JSON.stringify(await show(found))
  }

  #announce(p: Prediction, event: WebhookEvent, body: string | null, notBefore = this.#options.clock.now()): Write {
    if (p.webhook === null || !wants(p, event)) return []
    return insert({
      id: `msg_${newSecret()}`,
      predictionId: p.id,
      account: p.account,
      event,
      url: p.webhook,
      body,
      state: 'waiting',
      createdAt: this.#options.clock.now(),
      nextTryAt: notBefore,
      tries: [],
    })
  }
}

function wants({ webhook, webhookEventsFilter }: Prediction, event: WebhookEvent): boolean {
  return webhook !== null && (webhookEventsFilter ?? WEBHOOK_EVENTS).includes(event)
}
