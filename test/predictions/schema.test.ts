import { expect, test } from 'vitest'
import { toWire, toWireUnfinished } from '../../src/predictions/schema.ts'
import { makePrediction } from '../support/predictions.ts'

const ORIGIN = 'https://models.example.com'
const ID = '01hf0000000000000000000000'

test('a queued prediction has no key without a value', () => {
  expect(toWire(makePrediction(), ORIGIN)).toEqual({
    id: ID,
    model: 'test/model',
    version: 'a'.repeat(64),
    input: { text: 'hello' },
    logs: '',
    output: null,
    data_removed: false,
    error: null,
    status: 'starting',
    source: 'api',
    created_at: '2023-11-14T22:13:20.000Z',
    urls: {
      get: `${ORIGIN}/v1/predictions/${ID}`,
      cancel: `${ORIGIN}/v1/predictions/${ID}/cancel`,
      web: `${ORIGIN}/p/${ID}`,
    },
  })
})

test('an ended prediction that streams shows its times, metrics, webhook and stream', () => {
  const ended = makePrediction({
    status: 'succeeded',
    output: ['a', 'b'],
    startedAt: 1_700_000_000_500,
    completedAt: 1_700_000_001_000,
    deadline: 1_700_000_060_000,
    metrics: { predict_time: 0.5, total_time: 1 },
    webhook: 'https://example.com/hook',
    webhookEventsFilter: ['completed'],
    streamSecret: 's'.repeat(26),
  })
  expect(toWire(ended, ORIGIN)).toMatchObject({
    started_at: '2023-11-14T22:13:20.500Z',
    completed_at: '2023-11-14T22:13:21.000Z',
    deadline: '2023-11-14T22:14:20.000Z',
    metrics: { predict_time: 0.5, total_time: 1 },
    webhook: 'https://example.com/hook',
    webhook_events_filter: ['completed'],
    urls: { stream: `${ORIGIN}/v1/streams/${ID}${'s'.repeat(26)}` },
  })
})

test('nothing that is ours alone goes over the wire', () => {
  const wire = JSON.stringify(
    toWire(makePrediction({ requestHash: 'secret-hash', idempotencyKey: 'secret-key' }), ORIGIN),
  )
  expect(wire).not.toMatch(/secret-|contentHash|content_hash|revision|account/)
})

test('a create that waited too long shows no output and no start, whatever the real state', () => {
  const running = makePrediction({
    status: 'processing',
    claimedAt: 1,
    startedAt: 1_700_000_000_500,
    output: ['a'],
    logs: 'line\n',
  })
  expect(toWireUnfinished(running, ORIGIN)).toEqual(toWire(makePrediction(), ORIGIN))
})

test('a create that ended just in time is shown as it is', () => {
  const ended = makePrediction({ status: 'succeeded', output: 'done', startedAt: 1, completedAt: 2 })
  expect(toWireUnfinished(ended, ORIGIN)).toEqual(toWire(ended, ORIGIN))
})
