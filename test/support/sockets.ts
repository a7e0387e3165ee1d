import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { testFolder } from './temporary.ts'

/** Both ends of a connection, which are closed when the test ends. */
export async function testSockets(): Promise<[Socket, Socket]> {
  const server = createServer()
  const path = join(testFolder(), 'socket')
  server.listen(path)
  await once(server, 'listening')
  const near = connect(path)
  const [far]: Socket[] = await once(server, 'connection')
  server.close()
  if (!far) throw new Error('There is no other end')
  onTestFinished(() => {
    near.destroy()
    far.destroy()
  })
  return [near, far]
}
