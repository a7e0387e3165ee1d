import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import type { WirePrediction } from '../../src/predictions/schema.ts'

/** A body that the server has sent, in the shape that the test knows it to have. */
export async function bodyOf<Body = WirePrediction>(response: Response | Promise<Response>): Promise<Body> {
  return JSON.parse(await (await response).text())
}

export interface Exchange {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** A request whose headers are sent as they stand here, also those that `fetch` keeps for itself. */
export async function exchange(
  url: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Exchange> {
  const sent = request(url, { method, headers, agent: false })
  sent.end(body)
  const [response]: IncomingMessage[] = await once(sent, 'response')
  if (!response) throw new Error('There is no response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }
}
