import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { onTestFinished } from 'vitest'

export interface WebServer {
  port: number
  /** Of each connection, the address that it came in by. */
  connections: string[]
}

/** A web server on every address of this machine until the test ends. */
export async function serve(listener: RequestListener): Promise<WebServer> {
  const connections: string[] = []
  const server = createServer(listener)
  server.on('connection', (socket) => connections.push(socket.localAddress ?? ''))
  server.listen(0, '0.0.0.0')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  return { port: address.port, connections }
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  return address.port
}
