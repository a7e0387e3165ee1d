import { createParser, type EventSourceMessage } from 'eventsource-parser'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatEvent } from '../../src/http/sse.ts'

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

function parse(pieces: readonly string[]): EventSourceMessage[] {
  const events: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (event) => events.push(event) })
  for (const piece of pieces) parser.feed(piece)
  return events
}
