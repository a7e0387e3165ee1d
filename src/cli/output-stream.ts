import { EventSourceParserStream } from 'eventsource-parser/stream'
import { AppError, messageOf } from '../errors.ts'
import type { RunningServer } from './server.ts'

/** Connections in a row that bring nothing new. */
const MOST_TRIES = 5
const PAUSE_MS = 500
/** Of one event; outputs are shorter. */
const LONGEST_EVENT = 64 * 2 ** 20

interface StreamEvent {
  event: string | undefined
  id: string | undefined
  data: string
}

/**
 * The output of a prediction as it is made, item by item, until the server says that it is done. A connection that
 * breaks is made again and goes on where it broke.
 * @throws AppError `unavailable` when that does not help
 */
export async function* readOutput(server: RunningServer, path: string): AsyncGenerator<string, void> {
  let lastId: string | undefined
  let trouble: unknown
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    if (tries > 0) await server.pause(PAUSE_MS)
    try {
      for await (const { event, id, data } of eventsOf(server, path, lastId)) {
        tries = 0
        lastId = id ?? lastId
        if (event === 'done') return
        if (event === 'output') yield data
      }
    } catch (error) {
      if (server.stopping.aborted || (error instanceof AppError && error.code !== 'unavailable')) throw error
      trouble = error
    }
  }
  const reason = trouble === undefined ? 'it ends too soon' : messageOf(trouble)
  throw new AppError('unavailable', `The stream of the output cannot be read: ${reason}`)
}

async function* eventsOf(
  server: RunningServer,
  path: string,
  lastId: string | undefined,
): AsyncGenerator<StreamEvent, void> {
  const resume: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId }
  const response = await server.open(path, { accept: 'text/event-stream', ...resume })
  if (!response.body) return
  const events = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream({ maxBufferSize: LONGEST_EVENT }))
  for await (const { event, id, data } of events) yield { event, id, data }
}
