/**
 * A receiver of webhooks in a process of its own. It holds what it gets until `PUT /open`, and tells under `GET /report`
 * how many it has taken since and in which time. Prints its address.
 */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'

export interface Report {
  count: number
  /** From the first to the last. */
  ms: number
  /** The last one that was taken. */
  headers: IncomingHttpHeaders
  body: string
}

let open = false
let report: Report = { count: 0, ms: 0, headers: {}, body: '' }
let firstAt = 0

const server = createServer(async (request, response: ServerResponse) => {
  if (request.method === 'GET') return response.end(JSON.stringify(report))
  if (request.method === 'PUT') {
    open = true
    report = { ...report, count: 0, ms: 0 }
    return response.end()
  }
  const chunks: Buffer[] = []
  request.on('error', () => {})
  for await (const chunk of request) chunks.push(chunk)
  if (!open) return
  const now = performance.now()
  if (report.count === 0) firstAt = now
  const { headers } = request
  report = { count: report.count + 1, ms: now - firstAt, headers, body: Buffer.concat(chunks).toString() }
  return response.end()
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The receiver has no port')
  process.stdout.write(`listening on http://127.0.0.1:${address.port}\n`)
})
