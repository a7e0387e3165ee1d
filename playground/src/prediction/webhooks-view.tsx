import type { Static } from '@sinclair/typebox'
import { useState } from 'preact/hooks'
import type { WireDelivery } from '../../../src/webhooks/schema.ts'
import { call, messageOf } from '../api/call.ts'
import type { Page } from '../api/types.ts'
import { useAnswer, useEvery } from '../api/use-answer.ts'
import { Failure } from '../parts/failure.tsx'
import { Time } from '../parts/time.tsx'

type Delivery = Static<typeof WireDelivery>

const REFRESH_MS = 3_000

/** What a receiver was told of a prediction, try by try; each can be sent again. */
export function WebhooksView({ id }: { id: string }) {
  const deliveries = useAnswer<Page<Delivery>>(`/v1/predictions/${id}/webhooks`)
  const [trouble, setTrouble] = useState<string>()
  useEvery(REFRESH_MS, deliveries.again)
  if (deliveries.state === 'asked') return null
  if (deliveries.state === 'failed') return <Failure error={deliveries.error} again={deliveries.again} />
  return (
    <>
      <h2>Webhooks</h2>
      <div class="table">
        <table>
          <thead>
            <tr>
              <th scope="col">Event</th>
              <th scope="col">State</th>
              <th scope="col">Tries</th>
              <th scope="col">
                <span class="unseen">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {deliveries.value.results.map(({ id: delivery, event, status, tries }) => (
              <tr key={delivery}>
                <td>{event}</td>
                <td>{status}</td>
                <td>
                  <ol class="tries">
                    {tries.map(({ at, status: answered, error }) => (
                      <li key={at}>
                        <Time at={at} />: {answered ?? error}
                      </li>
                    ))}
                  </ol>
                </td>
                <td>
                  <button
                    type="button"
                    aria-label={`Send ${event} again`}
                    onClick={() =>
                      call('POST', `/v1/predictions/${id}/webhooks/${delivery}/replay`).then(
                        deliveries.again,
                        (error) => setTrouble(messageOf(error)),
                      )
                    }
                  >
                    Send again
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {trouble && (
        <p class="error" role="alert">
          {trouble}
        </p>
      )}
    </>
  )
}
