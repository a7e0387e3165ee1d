import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'
import type { WirePrediction } from '../../src/predictions/schema.ts'

/** A webhook as it came in. */
export interface Arrival {
  /** The `webhook-id`. */
  id: string
  method: string
  /** Path and query. */
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
  /** What the body says. */
  prediction: WirePrediction
  /** When it was there, in milliseconds of the monotonic clock. */
  at: number
}

/** @param earlier how many with the same id came before */
export type Answer = (response: ServerResponse, arrival: Arrival, earlier: number) => void

/** A server that webhooks are sent to. */
export interface Receiver {
  url: string
  /** In the order in which they came. */
  readonly arrivals: readonly Arrival[]
  /** Those that tell of a prediction. */
  of(predictionId: string): Arrival[]
  /** Resolves to what is found, at the latest after the arrival that makes it so. */
  until<Found>(find: (arrivals: readonly Arrival[]) => Found | undefined): Promise<Found>
  close(): Promise<void>
}

export async function startReceiver(answer: Answer = (response) => response.end()): Promise<Receiver> {
  const arrivals: Arrival[] = []
  const news = new EventEmitter().setMaxListeners(0)
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    // The sender may die before it has sent all; then nothing has arrived.
    request.on('error', () => {})
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const arrival: Arrival = {
      id: String(request.headers['webhook-id']),
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body,
      prediction: JSON.parse(body.toString()),
      at: performance.now(),
    }
    const earlier = arrivals.filter(({ id }) => id === arrival.id).length
    arrivals.push(arrival)
    answer(response, arrival, earlier)
    news.emit('arrival')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The receiver has no port')
  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    arrivals,
    of: (predictionId) => arrivals.filter(({ prediction }) => prediction.id === predictionId),
    async until(find) {
      for (;;) {
        const found = find(arrivals)
        if (found !== undefined) return found
        await once(news, 'arrival')
      }
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The same, closed when the test ends. */
export async function testReceiver(answer?: Answer): Promise<Receiver> {
  const receiver = await startReceiver(answer)
  onTestFinished(() => receiver.close())
  return receiver
}
