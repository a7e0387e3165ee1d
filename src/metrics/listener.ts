import { once } from 'node:events'
import { createServer } from 'node:http'
import { AppError, messageOf } from '../errors.ts'
import type { Metrics } from './metrics.ts'

/** Nobody needs more to read the metrics. */
const MOST_CONNECTIONS = 64
const REQUEST_TIMEOUT_MS = 10_000

/**
 * Serves the metrics, and nothing else, on an address of their own, to everybody who reaches it.
 * @throws AppError `configuration` when the address cannot be had
 * @returns a function that ends it
 */
export async function serveMetrics(
  { exposition, contentType }: Pick<Metrics, 'exposition' | 'contentType'>,
  { host, port }: { host: string; port: number },
): Promise<() => Promise<void>> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, async (request, response) => {
    request.resume()
    const [path] = (request.url ?? '').split('?')
    if (path !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404).end()
      return
    }
    try {
      const text = await exposition.read()
      response.writeHead(200, { 'content-type': contentType }).end(text)
    } catch {
      response.writeHead(500).end()
    }
  })
  server.maxConnections = MOST_CONNECTIONS
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    throw new AppError(
      'configuration',
      `Cannot listen for metrics: ${messageOf(error)}; set REPRISE_METRICS to an address that is free`,
      { cause: error },
    )
  }
  return async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}
