import type { WebhookEvent } from '../predictions/prediction.ts'

export const DELIVERY_STATES = ['waiting', 'delivered', 'failed', 'superseded'] as const
/** `superseded`: a later event made it pointless before it was sent. */
export type DeliveryState = (typeof DELIVERY_STATES)[number]

/** One attempt to hand an event to its receiver. */
export interface DeliveryTry {
  /** Milliseconds since 1970. */
  at: number
  durationMs: number
  /** Of the answer; null when there was none. */
  status: number | null
  error: string | null
}

/** An event of a prediction on its way to the receiver. */
export interface Delivery {
  /** The `webhook-id`, the same over all tries. */
  id: string
  predictionId: string
  account: string
  event: WebhookEvent
  url: string
  state: DeliveryState
  createdAt: number
  /** Null when it does not wait. */
  nextTryAt: number | null
  tries: readonly DeliveryTry[]
}

/** A delivery as it is first kept. */
export interface NewDelivery extends Delivery {
  /** Of the last event, as it is signed and sent; null where it is rendered when it is sent. */
  body: string | null
}

/** A delivery whose turn it is. */
export interface WaitingDelivery extends Delivery {
  /** What its stored body takes; 0 where there is none. */
  bodyBytes: number
}
