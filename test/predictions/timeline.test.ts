import { describe, expect, test } from 'vitest'
import { isTimeName, Timeline } from '../../src/predictions/timeline.ts'

const CREATED = 1_700_000_000_000

/** A clock that stands where the test puts it, in milliseconds since the creation. */
function setUp(options?: { begun: boolean }) {
  const time = { at: 0 }
  const clock = { now: () => CREATED + time.at, monotonic: () => 5_000 + time.at }
  const timeline = new Timeline(CREATED, clock, options)
  const at = (ms: number, step: (timeline: Timeline) => void) => {
    time.at = ms
    step(timeline)
  }
  const end = (ms: number) => {
    time.at = ms
    return timeline.end()
  }
  return { timeline, at, end }
}

/** When a runner was loaded, in milliseconds since the creation of the prediction. */
const loaded = (from: number, to: number) => ({ from: 5_000 + from, to: 5_000 + to })

test('the stages of a whole life follow each other without gaps', () => {
  const { timeline, at, end } = setUp()
  at(10, (t) => t.enter('fetch'))
  at(30, (t) => t.enter('queue'))
  at(100, (t) => t.send(loaded(40, 90)))
  at(120, (t) => t.enter('run'))
  at(200, (t) => t.ran(0.625))
  expect(end(200)).toEqual({
    queue_time: 0.03,
    fetch_time: 0.02,
    load_time: 0.05,
    batch_time: 0.02,
    store_time: 0.05,
  })
  expect(timeline.intervals).toEqual([
    { stage: 'queue', from: 0, to: 10 },
    { stage: 'fetch', from: 10, to: 30 },
    { stage: 'queue', from: 30, to: 40 },
    { stage: 'load', from: 40, to: 90 },
    { stage: 'queue', from: 90, to: 100 },
    { stage: 'batch', from: 100, to: 120 },
    { stage: 'run', from: 120, to: 150 },
    { stage: 'store', from: 150, to: 200 },
  ])
})

describe('of the loading of its runner counts what it has waited for', () => {
  test.each([
    ['all of it', loaded(10, 60), { load_time: 0.05, queue_time: 0.05 }],
    ['what is left of it when the prediction comes', loaded(-500, 60), { load_time: 0.06, queue_time: 0.04 }],
    ['nothing when it was over', loaded(-500, -10), { queue_time: 0.1 }],
    ['nothing when it is not known', undefined, { queue_time: 0.1 }],
  ])('%s', (_, loading, times) => {
    const { at, end } = setUp()
    at(100, (t) => t.send(loading))
    expect(end(100)).toEqual(times)
  })
})

test('what ends in the queue has only waited', () => {
  expect(setUp().end(70)).toEqual({ queue_time: 0.07 })
})

test('what is given back by a runner that died waits again, and each stage is summed', () => {
  const { at, end } = setUp()
  at(10, (t) => t.send(undefined))
  at(15, (t) => t.enter('queue'))
  at(45, (t) => t.send(loaded(20, 40)))
  at(50, (t) => t.enter('run'))
  expect(end(60)).toEqual({ queue_time: 0.02, batch_time: 0.01, load_time: 0.02 })
})

test('a member of a batch that failed waits in its runner to be run alone', () => {
  const { at, end, timeline } = setUp()
  at(10, (t) => t.send(undefined))
  at(20, (t) => t.enter('run'))
  at(30, (t) => t.send(undefined))
  at(50, (t) => t.enter('run'))
  expect(end(60)).toEqual({ queue_time: 0.01, batch_time: 0.03 })
  expect(timeline.intervals.map(({ stage }) => stage)).toEqual(['queue', 'batch', 'run', 'batch', 'run'])
})

test('nothing comes after the end', () => {
  const { at, end, timeline } = setUp()
  const times = end(10)
  at(20, (t) => t.enter('run'))
  at(30, (t) => t.send(loaded(20, 25)))
  at(40, (t) => t.ran(0.1))
  expect(end(50)).toEqual(times)
  expect(timeline.intervals).toHaveLength(1)
})

test('of what a former server had begun nothing is told', () => {
  expect(setUp({ begun: true }).end(70)).toEqual({})
})

test('a restart counts the time since the creation', () => {
  const clock = { now: () => CREATED + 60_000, monotonic: () => 3 }
  expect(new Timeline(CREATED, clock).end()).toEqual({ queue_time: 60 })
})

test('a clock that was set back takes nothing away', () => {
  const clock = { now: () => CREATED - 60_000, monotonic: () => 3 }
  expect(new Timeline(CREATED, clock).end()).toEqual({})
})

test('more time for the storing than the run took is not believed', () => {
  const { at, end } = setUp()
  at(10, (t) => t.send(undefined))
  at(20, (t) => t.enter('run'))
  at(50, (t) => t.ran(99))
  expect(end(50)).toEqual({ queue_time: 0.01, batch_time: 0.01, store_time: 0.03 })
})

test('what goes through its stages without end is summed, and only the first are kept apart', () => {
  const { at, end, timeline } = setUp()
  for (let i = 0; i < 100; i++) {
    at(i * 10 + 5, (t) => t.send(undefined))
    at(i * 10 + 10, (t) => t.enter('queue'))
  }
  expect(end(1_000)).toEqual({ queue_time: 0.5, batch_time: 0.5 })
  expect(timeline.intervals).toHaveLength(32)
})

test.each([
  ['predict_time', true],
  ['queue_time', true],
  ['store_time', true],
  ['total_time', true],
  ['output_token_count', false],
  ['time', false],
])('is %s told by the server alone? %s', (name, own) => {
  expect(isTimeName(name)).toBe(own)
})
