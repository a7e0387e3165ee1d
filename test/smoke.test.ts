import { afterAll, beforeAll, expect, test } from 'vitest'
import { HELLO, startServer, type TestServer } from './support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

test('the official client runs hello-world', async () => {
  expect(await server.client.run(`replicate/hello-world:${HELLO}`, { input: { text: 'Alice' } })).toBe('hello Alice')
})

test('a stream arrives whole', async () => {
  let text = ''
  for await (const { event, data } of server.client.stream('test/tokens', { input: { count: 200 } }))
    if (event === 'output') text += data
  expect(text).toBe(Array.from({ length: 200 }, (_, i) => `token ${i}\n`).join(''))
})
