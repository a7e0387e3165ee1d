import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Somewhere on the web: takes what it is sent, with a failure now and then, and has a file. */
export async function startSite(): Promise<{ address: string; close(): void }> {
  let count = 0
  const server = createServer((request, response) => {
    request.resume()
    if (request.url === '/file') response.setHeader('content-type', 'text/plain').end('a file of the web')
    else response.writeHead(++count % 7 === 0 ? 500 : 204).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    address: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
