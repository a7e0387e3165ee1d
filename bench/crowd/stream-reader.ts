import { get, type IncomingMessage } from 'node:http'
import { createParser } from 'eventsource-parser'

/** One client that reads a stream to its end. */
export interface StreamReader {
  /** Resolves when the server has begun to answer. */
  opened: Promise<void>
  /** Resolves when the stream has ended, with what is wrong with it; undefined when nothing is. */
  fault: Promise<string | undefined>
}

/** @param expected what all output together has to be */
export function readStream(url: string, expected: string): StreamReader {
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { agent: false }, resolve).on('error', reject)
  })
  return { opened: response.then(() => {}), fault: response.then((opened) => faultOf(opened, expected)) }
}

async function faultOf(response: IncomingMessage, expected: string): Promise<string | undefined> {
  if (response.statusCode !== 200) return `was answered ${response.statusCode}`
  let text = ''
  let next = 0
  let done = ''
  let fault: string | undefined
  const parser = createParser({
    onEvent({ event, id, data }) {
      const seq = Number(id?.split(':')[1])
      if (seq !== next++) fault ??= `has the event ${seq} in the place of ${next - 1}`
      if (event === 'output') text += data
      else done += `${event} ${data}`
    },
  })
  response.setEncoding('utf8')
  for await (const piece of response) parser.feed(piece)
  if (done !== 'done {}') return `ended with ${done || 'nothing'}`
  return fault ?? (text === expected ? undefined : `gave ${text.length} characters instead of ${expected.length}`)
}
