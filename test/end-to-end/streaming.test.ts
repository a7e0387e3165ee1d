/**
 * One model speaks, many listen: from the start, late, again after they lost the line, or without taking anything in.
 * All who listen read the same text once, and the model waits for none of them.
 */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { LivePrediction } from '../../src/predictions/live-prediction.ts'
import {
  endingOf,
  readEvents,
  readToEnd,
  type StreamEvent,
  streamUrlOf,
  textOf,
  tokens,
} from '../support/event-reader.ts'
import { eventually } from '../support/eventually.ts'
import { cancel, create, endOf, find, run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { exchange } from '../support/wire.ts'

const DONE = [['done', {}]]

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

/** The first events of a stream, and a way to read on. */
async function readSome(
  url: string,
  count: number,
  lastEventId?: string,
): Promise<{ read: StreamEvent[]; rest: AsyncGenerator<StreamEvent, void> }> {
  const rest = readEvents(url, lastEventId)
  const read: StreamEvent[] = []
  while (read.length < count) {
    const { value } = await rest.next()
    if (!value) throw new Error(`The stream ended after ${read.length} events`)
    read.push(value)
  }
  return { read, rest }
}

/** A response that nobody reads until it is told to. */
async function openStalled(url: string): Promise<IncomingMessage> {
  const sent = request(url, { agent: false }).end()
  onTestFinished(() => void sent.destroy())
  const [response]: IncomingMessage[] = await once(sent, 'response')
  if (!response) throw new Error('There is no response')
  response.pause()
  return response
}

test('all readers of a stream read the same, whenever they come and however often they reconnect', async () => {
  const prediction = await create(server, 'test/tokens', { count: 200, pause_ms: 5 })
  const url = streamUrlOf(prediction)
  const early = await readSome(url, 40)
  const late = await readSome(url, 1)
  const leaving = await readSome(url, 60)
  await leaving.rest.return()
  const later = readToEnd(url)
  const resumed = await readToEnd(url, leaving.read.at(-1)?.id)

  const whole = [...early.read, ...(await Array.fromAsync(early.rest))]
  expect(textOf(whole)).toBe(tokens(200))
  expect(endingOf(whole)).toEqual(DONE)
  expect(whole.map(({ seq }) => seq)).toEqual(Array.from({ length: 201 }, (_, seq) => seq))
  const contents = (events: StreamEvent[]) => events.map(({ event, seq, data }) => ({ event, seq, data }))
  expect(contents([...late.read, ...(await Array.fromAsync(late.rest))])).toEqual(contents(whole))
  expect(contents(await later)).toEqual(contents(whole))
  expect(contents([...leaving.read, ...resumed])).toEqual(contents(whole))
  expect(contents(await readToEnd(url))).toEqual(contents(whole))
  expect((await find(server, prediction.id)).output).toEqual(whole.slice(0, -1).map(({ data }) => data))
})

test('every event carries its name, an id of time and place, and its data, in this order', async () => {
  const { urls } = await run(server, 'test/tokens', { count: 2 })
  const { status, headers, body } = await exchange(streamUrlOf({ urls }))
  expect(status).toBe(200)
  expect(headers['content-type']).toBe('text/event-stream')
  expect(headers['cache-control']).toBe('no-store')
  expect(body.replaceAll(/id: \d{10}:/g, 'id: <seconds>:')).toBe(
    `:\n${[
      'event: output\nid: <seconds>:0\ndata: token 0\ndata: \n\n',
      'event: output\nid: <seconds>:1\ndata: token 1\ndata: \n\n',
      'event: done\nid: <seconds>:2\ndata: {}\n\n',
    ].join('')}`,
  )
})

describe('Last-Event-ID', () => {
  test.each([
    ['of the last output', '1700000000:4', [5]],
    ['of the end', '1700000000:5', [5]],
    ['of another time but a known place', '1:2', [3, 4, 5]],
    ['beyond the end', '1700000000:999', [5]],
    ['too large to count', `1700000000:${'9'.repeat(30)}`, [5]],
    ['that is not ours', 'somebody else', [5]],
    ['that is negative', '1700000000:-1', [5]],
    ['that is empty, which is none,', '', [0, 1, 2, 3, 4, 5]],
  ])('%s is resumed from in a finished stream', async (_, lastEventId, places) => {
    const { urls } = await run(server, 'test/tokens', { count: 5 })
    const events = await readToEnd(streamUrlOf({ urls }), lastEventId)
    expect(events.map(({ seq }) => seq)).toEqual(places)
    expect(endingOf(events)).toEqual(DONE)
  })

  test('that is unknown or too high resumes a running stream at its present end', async () => {
    const prediction = await create(server, 'test/tokens', { count: 100_000, pause_ms: 5 })
    const url = streamUrlOf(prediction)
    const { rest } = await readSome(url, 30)
    for (const lastEventId of ['somebody else', '1700000000:9999999']) {
      const { read, rest: more } = await readSome(url, 5, lastEventId)
      const first = read[0]?.seq ?? 0
      expect(first).toBeGreaterThanOrEqual(30)
      expect(read.map(({ seq, data }) => [seq, data])).toEqual(
        Array.from({ length: 5 }, (_, i) => [first + i, `token ${first + i}\n`]),
      )
      await more.return()
    }
    await cancel(server, prediction.id)
    await rest.return()
  })
})

describe('the end of a stream', () => {
  test('of a canceled prediction says so', async () => {
    const prediction = await create(server, 'test/tokens', { count: 100_000, pause_ms: 5 })
    const { rest } = await readSome(streamUrlOf(prediction), 5)
    await cancel(server, prediction.id)
    const ending = [['done', { reason: 'canceled' }]]
    expect(endingOf(await Array.fromAsync(rest))).toEqual(ending)
    const replayed = await readToEnd(streamUrlOf(prediction))
    expect(endingOf(replayed)).toEqual(ending)
    expect(textOf(replayed)).toBe(tokens(replayed.length - 1))
  })

  test('of one that was canceled in the queue says so, without output', async () => {
    const running = await create(server, 'test/tokens', { count: 100_000, pause_ms: 5 })
    const queued = await create(server, 'test/tokens', { count: 3 })
    const events = readToEnd(streamUrlOf(queued))
    await cancel(server, queued.id)
    expect(await events).toMatchObject([{ event: 'done', data: '{"reason":"canceled"}' }])
    await cancel(server, running.id)
  })

  test('of a failed prediction is an error and then the end, after all that was said', async () => {
    const prediction = await create(server, 'test/tokens', { count: 4, pause_ms: 5, fail: true })
    const live = await readToEnd(streamUrlOf(prediction))
    const replayed = await readToEnd(streamUrlOf(prediction))
    for (const events of [live, replayed]) {
      expect(textOf(events)).toBe(tokens(4))
      expect(endingOf(events)).toEqual([
        ['error', { detail: 'The tokens ran out' }],
        ['done', { reason: 'error' }],
      ])
    }
  })

  test('comes also when there was no output', async () => {
    const { urls } = await create(server, 'test/tokens', { count: 0 })
    expect(await readToEnd(streamUrlOf({ urls }))).toMatchObject([{ event: 'done', seq: 0, data: '{}' }])
  })
})

test('a reader that takes nothing holds up neither the prediction nor other readers, and misses nothing', async () => {
  const count = 300_000
  const prediction = await create(server, 'test/tokens', { count })
  const stalled = await openStalled(streamUrlOf(prediction))
  const other = readToEnd(streamUrlOf(prediction))
  expect(await endOf(server, prediction.id)).toMatchObject({ status: 'succeeded' })
  expect(await other).toHaveLength(count + 1)

  let body = ''
  stalled.setEncoding('utf8')
  for await (const text of stalled) body += text
  expect(
    body
      .match(/^data: token \d+$/gm)
      ?.map((line) => `${line.slice('data: '.length)}\n`)
      .join(''),
  ).toBe(tokens(count))
  expect(body).toMatch(/data: \{\}\n\n$/)
})

test('readers that leave are forgotten', async () => {
  let listening = 0
  const { onChange } = LivePrediction.prototype
  // The method itself runs; only its calls are counted.
  const counted = vi.spyOn(LivePrediction.prototype, 'onChange').mockImplementation(function (
    this: LivePrediction,
    listener,
  ) {
    const stop = onChange.call(this, listener)
    listening++
    return () => {
      listening--
      return stop()
    }
  })
  onTestFinished(() => void counted.mockRestore())

  const prediction = await create(server, 'test/tokens', { count: 1, pause_ms: 3_600_000 })
  const readers = await Promise.all(Array.from({ length: 5 }, () => openStalled(streamUrlOf(prediction))))
  await eventually(() => expect(listening).toBe(5))
  for (const reader of readers) reader.destroy()
  await eventually(() => expect(listening).toBe(0))
  await cancel(server, prediction.id)
})

test('a stream that has nothing to say shows at once, and every 15 seconds, that it is alive', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const prediction = await create(server, 'test/tokens', { count: 1, pause_ms: 3_600_000 })
  const response = await openStalled(streamUrlOf(prediction))
  const bytes = response.setEncoding('utf8')[Symbol.asyncIterator]()
  expect(await bytes.next()).toMatchObject({ value: ':\n' })
  vi.advanceTimersByTime(14_999)
  vi.advanceTimersByTime(1)
  expect(await bytes.next()).toMatchObject({ value: ':\n' })
  vi.advanceTimersByTime(15_000)
  expect(await bytes.next()).toMatchObject({ value: ':\n' })
  await cancel(server, prediction.id)
  expect((await bytes.next()).value).toMatch(/^event: done\n/)
})

test('only the whole address opens a stream, and it needs no token', async () => {
  const { id, urls } = await run(server, 'test/tokens', { count: 1 })
  const other = await run(server, 'test/tokens', { count: 1 })
  const url = streamUrlOf({ urls })
  const secret = url.slice(url.indexOf(id) + id.length)
  const base = url.slice(0, url.indexOf(id))
  expect(secret.length).toBeGreaterThanOrEqual(22)
  expect(secret).not.toBe(streamUrlOf(other).slice(-secret.length))
  for (const wrong of [
    `${base}${id}`,
    `${base}${id}${secret.slice(0, -1)}`,
    `${base}${id}${secret}0`,
    `${base}${id}${'0'.repeat(secret.length)}`,
    `${base}${other.id}${secret}`,
    `${base}${'0'.repeat(26)}${secret}`,
  ])
    expect((await fetch(wrong)).status, wrong).toBe(404)
  expect((await fetch(url, { headers: { authorization: 'Bearer wrong' } })).status).toBe(200)
})

test('a model that does not stream has no stream', async () => {
  const { id, urls } = await run(server, 'replicate/hello-world', { text: 'Alice' })
  expect(urls).not.toHaveProperty('stream')
  expect((await server.call('GET', `/v1/streams/${id}null`)).status).toBe(404)
  expect((await server.call('GET', `/v1/streams/${id}`)).status).toBe(404)
})
