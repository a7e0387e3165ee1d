import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { EventStream, formatEvent } from '../../src/http/sse.ts'
import { testFolder } from '../support/temporary.ts'

describe('the data of an event', () => {
  test.each([
    ['hello', 'data: hello\n'],
    ['', 'data: \n'],
    [' ', 'data:  \n'],
    ['  two spaces first', 'data:   two spaces first\n'],
    ['one\ntwo', 'data: one\ndata: two\n'],
    ['ends\n', 'data: ends\ndata: \n'],
    ['\n', 'data: \ndata: \n'],
    ['\n\n', 'data: \ndata: \ndata: \n'],
    ['carriage\rreturn', 'data: carriage\ndata: return\n'],
    ['dos\r\nline', 'data: dos\ndata: line\n'],
    ['data: event: id:', 'data: data: event: id:\n'],
    ['日本語 👋 \u2028', 'data: 日本語 👋 \u2028\n'],
  ])('%j is written as %j', (data, lines) => {
    expect(formatEvent({ event: 'output', id: '1700000000:7', data })).toBe(
      `event: output\nid: 1700000000:7\n${lines}\n`,
    )
  })
})

describe('a parser reads back', () => {
  const data = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('\n', '\r', ' ', ':', '\t', '\0', '\uFEFF', 'data: ', 'a', 'é', '👋') }),
  )

  test('the text of every event, its line ends as LF', () => {
    fc.assert(
      fc.property(fc.array(data), (texts) => {
        const written = texts.map((text, seq) => formatEvent({ event: 'output', id: `1:${seq}`, data: text })).join('')
        expect(parse([written])).toEqual(
          texts.map((text, seq) => ({ event: 'output', id: `1:${seq}`, data: text.replace(/\r\n|\r/g, '\n') })),
        )
      }),
    )
  })

  test('the same text wherever the network cuts it', () => {
    fc.assert(
      fc.property(data, fc.array(fc.nat({ max: 60 })), (text, cuts) => {
        const written = formatEvent({ event: 'output', id: '1:0', data: text })
        const places = [0, ...cuts.map((cut) => Math.min(cut, written.length)).sort((a, b) => a - b), written.length]
        const pieces = places.slice(1).map((end, index) => written.slice(places[index], end))
        expect(parse(pieces)).toEqual(parse([written]))
      }),
    )
  })
})

test('a stream that has ended drops a reader that does not take the last of it', async () => {
  const server = createServer()
  const path = join(testFolder(), 'socket')
  const asked = new Promise<[IncomingMessage, ServerResponse]>((resolve) =>
    server.once('request', (...request) => resolve(request)),
  )
  server.listen(path)
  await once(server, 'listening')
  const reader = connect(path)
  onTestFinished(() => {
    reader.destroy()
    server.close()
  })
  reader.pause()
  reader.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const [, response] = await asked
  const stream = new EventStream(response, 50)
  // Until neither side's socket takes more; what is left is too little to be waited for.
  do {
    await stream.send('x'.repeat(8_000))
    await new Promise(setImmediate)
  } while (response.writableLength === 0)
  stream.end()
  await once(response, 'close')
  expect(response.writableFinished).toBe(false)
})

function parse(pieces: readonly string[]): EventSourceMessage[] {
  const events: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (event) => events.push(event) })
  for (const piece of pieces) parser.feed(piece)
  return events
}
