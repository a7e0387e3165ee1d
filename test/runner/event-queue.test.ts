import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { EventQueue } from '../../src/runner/event-queue.ts'
import { type FromRunner, LOGS_LIMIT } from '../../src/runner/protocol.ts'

let sent: FromRunner[]
let queue: EventQueue

beforeEach(() => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  vi.advanceTimersByTime(1_000)
  sent = []
  queue = new EventQueue(async (events) => void sent.push(events))
})

const output = (id: string, ...values: unknown[]) => ({ type: 'output', id, values, files: [] })

test('the first output after a pause leaves at once', () => {
  queue.pushOutput('a', 1)
  expect(sent).toEqual([[output('a', 1)]])
  vi.advanceTimersByTime(20)
  queue.pushOutput('a', 2)
  expect(sent).toEqual([[output('a', 1)], [output('a', 2)]])
})

test('what follows within 20 ms leaves together, as one event for each run', () => {
  queue.pushOutput('a', 1)
  for (const value of [2, 3]) queue.pushOutput('a', value)
  vi.advanceTimersByTime(10)
  queue.pushOutput('a', 4)
  queue.pushOutput('b', 5)
  vi.advanceTimersByTime(9)
  expect(sent).toHaveLength(1)
  vi.advanceTimersByTime(1)
  expect(sent.slice(1)).toEqual([[output('a', 2, 3, 4), output('b', 5)]])
})

test('output keeps its place among other events', async () => {
  queue.push({ type: 'started', id: 'a' })
  await queue.flush()
  queue.pushOutput('a', 1)
  queue.push({ type: 'log', id: 'a', text: 'between' })
  queue.pushOutput('a', 2)
  queue.push({ type: 'done', id: 'a', output: null, files: [], seconds: 1 })
  await queue.flush()
  expect(sent[1]).toMatchObject([{ values: [1] }, { type: 'log' }, { values: [2] }, { type: 'done' }])
})

test('a pushed event waits for the next group', () => {
  queue.push({ type: 'metric', id: 'a', name: 'count', value: 1 })
  vi.advanceTimersByTime(1_000)
  expect(sent).toEqual([])
  queue.pushOutput('a', 1)
  expect(sent).toHaveLength(1)
  expect(sent[0]).toHaveLength(2)
})

test('a flush sends what waits, once, and nothing where nothing waits', async () => {
  await queue.flush()
  queue.pushOutput('a', 1)
  queue.pushOutput('a', 2)
  await queue.flush()
  vi.advanceTimersByTime(1_000)
  await queue.flush()
  expect(sent).toEqual([[output('a', 1)], [output('a', 2)]])
})

test('a flush is over when the group has been handed on', async () => {
  const handed = Promise.withResolvers<void>()
  const slow = new EventQueue(() => handed.promise)
  slow.push({ type: 'ready', device: null })
  let over = false
  const flushed = slow.flush().then(() => {
    over = true
  })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(over).toBe(false)
  handed.resolve()
  await flushed
})

test('a thousand outputs in a second make about fifty groups', () => {
  for (let i = 0; i < 1_000; i++) {
    queue.pushOutput('a', i)
    vi.advanceTimersByTime(1)
  }
  vi.advanceTimersByTime(20)
  expect(sent.length).toBeLessThanOrEqual(52)
  expect(sent.flat().flatMap((event) => (event.type === 'output' ? event.values : []))).toEqual([
    ...Array(1_000).keys(),
  ])
})

describe('logs', () => {
  const MIB = 2 ** 20
  const charactersOf = (id: string | null) =>
    sent.flat().reduce((sum, event) => sum + (event.type === 'log' && event.id === id ? event.text.length : 0), 0)

  test('of one run that come together leave as one event', async () => {
    queue.push({ type: 'started', id: 'a' })
    await queue.flush()
    for (const text of ['one\n', 'two\n']) queue.pushLog('a', text)
    queue.pushLog(null, 'three\n')
    await queue.flush()
    expect(sent.at(-1)).toEqual([
      { type: 'log', id: 'a', text: 'one\ntwo\n' },
      { type: 'log', id: null, text: 'three\n' },
    ])
  })

  test('of a run that writes without end are dropped where they are made, a little beyond what is kept', async () => {
    for (let i = 0; i < 100; i++) queue.pushLog('a', 'x'.repeat(MIB / 2))
    await queue.flush()
    expect(charactersOf('a')).toBeGreaterThan(LOGS_LIMIT)
    expect(charactersOf('a')).toBeLessThanOrEqual(LOGS_LIMIT + MIB)
    queue.push({ type: 'done', id: 'a', output: null, files: [], seconds: 1 })
    queue.pushLog('b', 'another run')
    await queue.flush()
    expect(charactersOf('b')).toBe(11)
  })

  test('outside of runs are cut with a note', async () => {
    for (let i = 0; i < 100; i++) queue.pushLog(null, 'x'.repeat(MIB))
    await queue.flush()
    expect(sent.flat().at(-1)).toMatchObject({ type: 'log', id: null, text: expect.stringContaining('is not logged]') })
    expect(charactersOf(null)).toBeLessThanOrEqual(LOGS_LIMIT + 2 * MIB)
  })
})
