import { EventSourceParserStream } from 'eventsource-parser/stream'
import { expect } from 'vitest'
import type { WirePrediction } from '../../src/predictions/schema.ts'

export interface StreamEvent {
  event: string | undefined
  id: string
  /** The second part of the id: the place of the event in the stream. */
  seq: number
  data: string
}

/** The address of a prediction's stream, as the test needs one. */
export function streamUrlOf({ urls }: Pick<WirePrediction, 'urls'>): string {
  if (!urls.stream) throw new Error('The prediction does not stream')
  return urls.stream
}

/** The events of a stream as they arrive; leaving the loop disconnects. */
export async function* readEvents(url: string, lastEventId?: string): AsyncGenerator<StreamEvent, void> {
  const leaving = new AbortController()
  const headers = {
    accept: 'text/event-stream',
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
  }
  const response = await fetch(url, { headers, signal: leaving.signal })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  if (!response.body) throw new Error('The stream has no body')
  try {
    for await (const { event, id = '', data } of response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream()))
      yield { event, id, seq: Number(id.split(':')[1]), data }
  } finally {
    leaving.abort()
  }
}

/** Every event until the server ends the stream. */
export async function readToEnd(url: string, lastEventId?: string): Promise<StreamEvent[]> {
  return Array.fromAsync(readEvents(url, lastEventId))
}

/** What clients show: the output events, joined. */
export function textOf(events: readonly StreamEvent[]): string {
  return events
    .filter(({ event }) => event === 'output')
    .map(({ data }) => data)
    .join('')
}

/** Events that are not output, as [event, data]. */
export function endingOf(events: readonly StreamEvent[]): [string | undefined, unknown][] {
  return events.filter(({ event }) => event !== 'output').map(({ event, data }) => [event, JSON.parse(data)])
}

/** What `test/tokens` says. */
export function tokens(count: number): string {
  return Array.from({ length: count }, (_, i) => `token ${i}\n`).join('')
}
