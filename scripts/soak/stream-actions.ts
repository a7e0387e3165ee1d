import { strictEqual } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { createParser } from 'eventsource-parser'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import type { Action } from './action.ts'
import type { Expectation, Visitor } from './visitor.ts'

const STORYTELLER = 'reprise/storyteller'
const TALES = 4

/** Reads a tale to its end as it is told. */
export const readTale: Action = async (visitor, { tales }) => {
  const seed = visitor.random.below(TALES)
  const prediction = await begin(visitor, seed)
  const events = await read(visitor, prediction)
  visitor.tally.deeds.add('streams read to the end')
  const ended = await visitor.follow(prediction)
  if (events.last !== 'done') visitor.tally.unexpected(`the stream of ${ended.id} ended with ${events.last}, not done`)
  if (ended.status === 'succeeded' && !ended.data_removed && events.text !== joined(ended.output))
    visitor.tally.unexpected(`the stream of ${ended.id} told something else than its output`)
  await visitor.judge(ended, sameTale(tales, seed))
}

/** Leaves the stream in the middle; the tale goes on. */
export const leaveTale: Action = async (visitor, { tales }) => {
  const seed = visitor.random.below(TALES)
  const prediction = await begin(visitor, seed)
  await read(visitor, prediction, 1 + visitor.random.below(8))
  visitor.tally.deeds.add('left a stream in the middle')
  await visitor.judge(await visitor.follow(prediction), sameTale(tales, seed))
}

/** Cancels a tale while it waits or is told, or after its end. */
export const cancelTale: Action = async (visitor, { tales }) => {
  const seed = visitor.random.below(TALES)
  const prediction = await begin(visitor, seed)
  await sleep(visitor.random.below(800))
  await visitor.judge(await visitor.cancel(prediction), { ...sameTale(tales, seed), canceled: true })
}

function begin(visitor: Visitor, seed: number): Promise<WirePrediction> {
  return visitor.create(STORYTELLER, { prompt: 'Once upon a time', max_tokens: 40, seed })
}

/** A seed gives the same tale each time. */
function sameTale(tales: Map<number, string>, seed: number): Expectation {
  return {
    output(output) {
      const text = joined(output)
      const known = tales.get(seed) ?? text
      tales.set(seed, known)
      strictEqual(text, known)
    },
  }
}

function joined(output: unknown): string {
  return Array.isArray(output) ? output.join('') : String(output)
}

/** Reads a stream to its end, or until so many pieces of output have come. */
async function read(visitor: Visitor, { urls }: WirePrediction, most = Number.POSITIVE_INFINITY) {
  const leaving = new AbortController()
  let text = ''
  let last: string | undefined
  let pieces = 0
  const parser = createParser({
    onEvent({ event, data }) {
      last = event
      if (event !== 'output') return
      text += data
      pieces++
    },
  })
  const decoder = new TextDecoder()
  const { body } = await visitor.api.send('GET', urls.stream ?? '', { signal: leaving.signal })
  for await (const bytes of body ?? []) {
    parser.feed(decoder.decode(bytes, { stream: true }))
    if (pieces >= most) break
  }
  leaving.abort()
  return { text, last }
}
