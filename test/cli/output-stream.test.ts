import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { readOutput } from '../../src/cli/output-stream.ts'
import { connect, type RunningServer } from '../../src/cli/server.ts'
import { serve } from '../support/web-server.ts'

type Turn = (response: ServerResponse) => void

/** A server that answers one connection after the other, the last way again and again; tells where each resumed. */
async function streaming(...turns: Turn[]): Promise<{ server: RunningServer; resumed: (string | undefined)[] }> {
  const resumed: (string | undefined)[] = []
  const { port } = await serve((request, response) => {
    const turn = turns[Math.min(resumed.length, turns.length - 1)]
    resumed.push(request.headers['last-event-id']?.toString())
    turn?.(response)
  })
  const stopped = new Promise<void>(() => {})
  return { server: connect({ url: `http://127.0.0.1:${port}` }, { environment: {}, stopped }), resumed }
}

const event = (name: string, seq: number, data: string) => `event: ${name}\nid: 1:${seq}\ndata: ${data}\n\n`
const begin = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' })
const breaks =
  (text: string): Turn =>
  (response) =>
    begin(response).write(text, () => response.destroy())
const ends =
  (text: string): Turn =>
  (response) =>
    void begin(response).end(text)

test('a stream that breaks goes on where it broke', async () => {
  const { server, resumed } = await streaming(
    breaks([event('output', 0, 'a'), event('output', 1, 'b'), event('output', 2, 'c').trimEnd()].join('')),
    ends(event('output', 2, 'c')),
    ends(event('output', 3, 'd') + event('done', 4, '{}') + event('output', 5, 'more')),
  )
  expect(await Array.fromAsync(readOutput(server, '/stream'))).toEqual(['a', 'b', 'c', 'd'])
  expect(resumed).toEqual([undefined, '1:1', '1:2'])
})

test('one that brings nothing any more is given up, with the reason', async () => {
  const { server, resumed } = await streaming(breaks(event('output', 0, 'a')), (response) => response.destroy())
  const seen: string[] = []
  const reading = (async () => {
    for await (const piece of readOutput(server, '/stream')) seen.push(piece)
  })()
  await expect(reading).rejects.toThrow(/The stream of the output cannot be read: .*cannot be reached/)
  expect(seen).toEqual(['a'])
  expect(resumed.length).toBeGreaterThan(3)
})

test('one that the server refuses is not asked for again', async () => {
  const { server, resumed } = await streaming((response) => void response.writeHead(404).end('{"detail":"gone"}'))
  await expect(Array.fromAsync(readOutput(server, '/stream'))).rejects.toThrow('The server refused: gone')
  expect(resumed).toHaveLength(1)
})
