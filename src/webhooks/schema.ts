import { type Static, Type } from '@sinclair/typebox'
import { oneOf } from '../one-of.ts'
import { WEBHOOK_EVENTS } from '../predictions/prediction.ts'
import { DELIVERY_STATES, type Delivery } from './delivery.ts'

const Time = Type.String({ format: 'date-time' })
const Unset = Type.Null()

/** An event that is, or was, on its way to a receiver; ours, Replicate shows none. */
export const WireDelivery = Type.Object(
  {
    id: Type.String({ description: 'The webhook-id header, the same over all tries.' }),
    event: oneOf(WEBHOOK_EVENTS),
    url: Type.String(),
    status: oneOf(DELIVERY_STATES),
    created_at: Time,
    next_try_at: Type.Union([Time, Unset]),
    tries: Type.Array(
      Type.Object({
        at: Time,
        duration: Type.Number({ description: 'Seconds.' }),
        status: Type.Union([Type.Integer(), Unset], { description: 'Of the answer; null when there was none.' }),
        error: Type.Union([Type.String(), Unset]),
      }),
    ),
  },
  { $id: 'WebhookDelivery' },
)

export const WireSecret = Type.Object(
  { key: Type.String({ description: 'whsec_ and base64.' }) },
  { $id: 'WebhookSecret' },
)

export function toWire(delivery: Delivery): Static<typeof WireDelivery> {
  const { id, event, url, state, createdAt, nextTryAt, tries } = delivery
  return {
    id,
    event,
    url,
    status: state,
    created_at: iso(createdAt),
    next_try_at: nextTryAt === null ? null : iso(nextTryAt),
    tries: tries.map(({ at, durationMs, status, error }) => ({
      at: iso(at),
      duration: durationMs / 1000,
      status,
      error,
    })),
  }
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
