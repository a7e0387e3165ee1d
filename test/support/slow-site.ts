import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { serve } from './web-server.ts'

/** A web page that is answered when the test says so; it ends with the test. */
export interface SlowSite {
  url: string
  /** Resolves to the next answer that is waited for. */
  asked(): Promise<ServerResponse<IncomingMessage>>
  /** How many answers were asked for so far. */
  count(): number
}

/** @param path what the URL ends with */
export async function slowSite(path = '/slow.txt'): Promise<SlowSite> {
  const waiting: ServerResponse<IncomingMessage>[] = []
  const arrivals = new EventTarget()
  let count = 0
  const { port } = await serve((_request, response) => {
    count++
    waiting.push(response)
    arrivals.dispatchEvent(new Event('asked'))
  })
  return {
    url: `http://127.0.0.1:${port}${path}`,
    count: () => count,
    async asked() {
      for (;;) {
        const response = waiting.shift()
        if (response) return response
        await once(arrivals, 'asked')
      }
    },
  }
}
