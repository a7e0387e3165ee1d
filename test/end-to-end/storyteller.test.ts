/** The bundled language model, as somebody would use it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

const tell = async (input: Record<string, unknown>) => {
  const { output, metrics } = await run(server, 'reprise/storyteller', input)
  return { text: Array.isArray(output) ? output.join('') : '', metrics }
}

test('the same seed and input tell the same tale, another seed another', async () => {
  const [first, second, other] = [await tell({ seed: 7 }), await tell({ seed: 7 }), await tell({ seed: 8 })]
  expect(first.text.length).toBeGreaterThan(100)
  expect(second.text).toBe(first.text)
  expect(other.text).not.toBe(first.text)
})

test('tokens are counted as integers, and never more than asked for', async () => {
  const { metrics } = await tell({ prompt: 'The little fox', max_tokens: 12, seed: 1 })
  expect(metrics?.output_token_count).toBeLessThanOrEqual(12)
  expect(Number.isInteger(metrics?.input_token_count)).toBe(true)
  expect(Number.isInteger(metrics?.output_token_count)).toBe(true)
})

test.each(['', '🦊🚀', 'x'.repeat(5_000), 'a\u0000b', '\ud800'])('a prompt of %j is taken', async (prompt) => {
  const { text } = await tell({ prompt, max_tokens: 5, temperature: 0 })
  expect(text).not.toContain('\ufffd')
})

test('a stream of the official client prints tokens while they are made', async () => {
  let pieces = 0
  for await (const { event } of server.client.stream('reprise/storyteller', { input: { prompt: 'Alice', seed: 7 } }))
    if (event === 'output') pieces++
  expect(pieces).toBeGreaterThan(20)
})
