import type { Static } from '@sinclair/typebox'
import { validateWebhook } from 'replicate'
import { Webhook } from 'standardwebhooks'
import { expect } from 'vitest'
import { isTerminal, type WebhookEvent } from '../../src/predictions/prediction.ts'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import type { NewDelivery } from '../../src/webhooks/delivery.ts'
import type { WireDelivery } from '../../src/webhooks/schema.ts'
import { eventually } from './eventually.ts'
import type { Arrival, Receiver } from './receiver.ts'
import type { TestServer } from './server.ts'
import { bodyOf } from './wire.ts'

type Caller = Pick<TestServer, 'call'>
type Headers = Record<string, string>
export type DeliveryLog = Static<typeof WireDelivery>[]

const WAITING: NewDelivery = {
  id: 'msg_1',
  predictionId: '01hf0000000000000000000000',
  account: 'local',
  event: 'start',
  url: 'http://receiver.test/hook?user=1',
  body: null,
  state: 'waiting',
  createdAt: 1_000,
  nextTryAt: 1_000,
  tries: [],
}

/** A delivery that has not been tried, apart from what is given. */
export function makeDelivery(changed: Partial<NewDelivery> = {}): NewDelivery {
  return { ...WAITING, ...changed }
}

/** A prediction of which a receiver is told; `events` is the filter. */
export async function createTold(
  server: Caller,
  { url }: Pick<Receiver, 'url'>,
  [model, input]: readonly [model: string, input: Record<string, unknown>],
  { events, headers = {} }: { events?: readonly WebhookEvent[]; headers?: Headers } = {},
): Promise<WirePrediction> {
  const body = { input, webhook: url, ...(events ? { webhook_events_filter: events } : {}) }
  const response = await server.call('POST', `/v1/models/${model}/predictions`, { body, headers })
  expect(response.status, await response.clone().text()).toBe(201)
  return bodyOf(response)
}

/** What the server says of the webhooks of a prediction. */
export async function deliveriesOf(server: Caller, id: string, headers: Headers = {}): Promise<DeliveryLog> {
  const response = await server.call('GET', `/v1/predictions/${id}/webhooks`, { headers })
  expect(response.status).toBe(200)
  const { results, ...page } = await bodyOf<{ results: DeliveryLog }>(response)
  expect(page).toEqual({ next: null, previous: null })
  return results
}

/** The same of a prediction that has ended, when nothing waits: what has not arrived by then never will. */
export function settled(server: Caller, id: string, headers: Headers = {}): Promise<DeliveryLog> {
  return eventually(async () => {
    const { status } = await bodyOf(server.call('GET', `/v1/predictions/${id}`, { headers }))
    expect(status).toSatisfy(isTerminal)
    const log = await deliveriesOf(server, id, headers)
    expect(log.map((delivery) => delivery.status)).not.toContain('waiting')
    return log
  })
}

/** What each arrival was about, which neither its headers nor its body say. */
export function eventsOf(arrivals: readonly Arrival[], log: DeliveryLog): (WebhookEvent | undefined)[] {
  return arrivals.map(({ id }) => log.find((delivery) => delivery.id === id)?.event)
}

export async function secretOf(server: Caller, headers: Headers = {}): Promise<string> {
  return (await bodyOf<{ key: string }>(server.call('GET', '/v1/webhooks/default/secret', { headers }))).key
}

/** Whether a receiver that uses Replicate's own client takes it for genuine. */
export function isGenuine({ headers, body }: Arrival, secret: string): Promise<boolean> {
  const [id, timestamp, signature] = signedHeaders(headers)
  return validateWebhook({ id, timestamp, signature, body: body.toString(), secret })
}

/** Both clients take it for genuine; one of them also looks at its age. */
export async function expectGenuine(arrival: Arrival, secret: string): Promise<void> {
  expect(await isGenuine(arrival, secret)).toBe(true)
  const [id, timestamp, signature] = signedHeaders(arrival.headers)
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }
  expect(new Webhook(secret).verify(arrival.body, headers)).toEqual(arrival.prediction)
}

function signedHeaders(headers: Arrival['headers']): [id: string, timestamp: string, signature: string] {
  return [String(headers['webhook-id']), String(headers['webhook-timestamp']), String(headers['webhook-signature'])]
}
