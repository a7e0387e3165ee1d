import { expect, test } from 'vitest'
import { METRIC_LIST } from '../../src/metrics/definitions.ts'
import { Metrics } from '../../src/metrics/metrics.ts'
import { parseScrape } from '../support/metrics.ts'
import { makePrediction } from '../support/predictions.ts'
import { makeVersion } from '../support/schedulers.ts'

const ENDED = 'reprise_predictions_ended_total'
const STORY = { timeline: { intervals: [], totals: new Map([['run', 100] as const]) }, request: undefined }

/** Every scrape is made anew. */
function setUp() {
  const time = { at: 0 }
  const metrics = new Metrics({ monotonic: () => time.at })
  const end = (model: string, version: string) => {
    const prediction = makePrediction({ model, version, status: 'succeeded' })
    metrics.predictions.onCreated?.(prediction)
    metrics.predictions.onEnded(prediction, STORY)
  }
  return { metrics, end, time, read: async () => parseScrape(await metrics.exposition.read()) }
}

test('thousands of versions make no more series than two hundred; the others are told together', async () => {
  const { end, read } = setUp()
  for (let i = 0; i < 5_000; i++) end('acme/model', `version-${i}`)
  const seen = await read()
  expect(seen.values(ENDED, 'version')).toHaveLength(201)
  expect(seen.sum(ENDED, { model: 'acme/model', version: 'other' })).toBe(4_800)
  expect(seen.sum(ENDED)).toBe(5_000)
})

test('thousands of models make no more series than a hundred', async () => {
  const { metrics, end, read } = setUp()
  for (let i = 0; i < 5_000; i++) {
    end(`acme/model-${i}`, 'version')
    metrics.scheduler.onDied(makeVersion({}, { model: `acme/model-${i}` }), 'SIGKILL')
  }
  const seen = await read()
  for (const name of [ENDED, 'reprise_predictions_created_total', 'reprise_runner_restarts_total']) {
    expect(seen.values(name, 'model')).toHaveLength(101)
    expect(seen.sum(name, { model: 'other' })).toBe(4_900)
  }
  expect(seen.sum('reprise_prediction_stage_seconds_count', { model: 'other' })).toBe(4_900)
  // Whatever comes, a scrape stays about this large.
  expect(seen.text.length).toBeLessThan(2 ** 20)
})

test('the series of a version go with it, and its place is free', async () => {
  const { metrics, end, read } = setUp()
  for (let i = 0; i < 200; i++) end('acme/model', `version-${i}`)
  metrics.forgetVersion('acme/model', 'version-7')
  end('acme/model', 'new')
  const seen = await read()
  expect(seen.sum(ENDED, { version: 'version-7' })).toBe(0)
  expect(seen.sum(ENDED, { version: 'new' })).toBe(1)
  expect(seen.values(ENDED, 'version')).toHaveLength(200)
})

test('a model that nobody has asked for in an hour makes room, and nothing is left of it', async () => {
  const { metrics, end, read, time } = setUp()
  for (let i = 0; i < 100; i++) end(`acme/model-${i}`, 'version')
  metrics.scheduler.onDied(makeVersion({}, { model: 'acme/model-0' }), 'SIGSEGV')
  metrics.scheduler.onBatch(makeVersion({}, { model: 'acme/model-0' }), 3)
  time.at += 3_600_000
  for (let i = 1; i < 100; i++) end(`acme/model-${i}`, 'version')
  end('acme/new', 'version')
  const { text } = await read()
  expect(text).toContain('model="acme/new"')
  for (const line of text.split('\n'))
    if (line.includes('model="acme/model-0"')) expect(line).toContain('version="version"')
})

test('the list tells each metric by the conventions', () => {
  const names = METRIC_LIST.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const { name, type, help, buckets = [] } of METRIC_LIST) {
    expect(name).toMatch(/^reprise_[a-z_]+$/)
    expect(name.endsWith('_total'), name).toBe(type === 'counter')
    expect(help).toMatch(/^[A-Z].*[^.]$/)
    expect(buckets).toEqual(buckets.toSorted((a, b) => a - b))
    expect(buckets.length > 0, name).toBe(type === 'histogram')
  }
})
