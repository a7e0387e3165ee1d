import { describe, expect, test } from 'vitest'
import {
  cancel,
  claim,
  expire,
  fail,
  isTerminal,
  isWebhookEvent,
  type Prediction,
  STATUSES,
  start,
  succeed,
} from '../../src/predictions/prediction.ts'
import { makePrediction } from '../support/predictions.ts'

const CREATED = 1_700_000_000_000
const CLAIMED = CREATED + 100
const STARTED = CREATED + 250
const NOW = CREATED + 1_750

const produced = { output: ['a'], outputFiles: [], logs: 'line\n' }
const report = { output: 'whole', outputFiles: [], logs: 'line\n', metrics: { tokens: 3 }, predictSeconds: 1.23456789 }

const queued = makePrediction({ createdAt: CREATED })
const claimed: Prediction = { ...queued, claimedAt: CLAIMED }
const processing: Prediction = { ...claimed, status: 'processing', startedAt: STARTED }
const states = { queued, claimed, processing }

const transitions = {
  claim: (p: Prediction) => claim(p, NOW),
  start: (p: Prediction) => start(p, NOW),
  succeed: (p: Prediction) => succeed(p, report, NOW),
  fail: (p: Prediction) => fail(p, 'It broke', produced, NOW),
  cancel: (p: Prediction) => cancel(p, produced, NOW),
  expire: (p: Prediction) => expire(p, produced, NOW),
}

describe('from each state', () => {
  test.each<[from: keyof typeof states, by: keyof typeof transitions, to: string]>([
    ['queued', 'claim', 'starting'],
    ['queued', 'start', 'processing'],
    ['queued', 'succeed', 'succeeded'],
    ['queued', 'fail', 'failed'],
    ['queued', 'cancel', 'canceled'],
    ['queued', 'expire', 'aborted'],
    ['claimed', 'claim', 'unchanged'],
    ['claimed', 'start', 'processing'],
    ['claimed', 'succeed', 'succeeded'],
    ['claimed', 'fail', 'failed'],
    ['claimed', 'cancel', 'canceled'],
    ['claimed', 'expire', 'canceled'],
    ['processing', 'claim', 'unchanged'],
    ['processing', 'start', 'unchanged'],
    ['processing', 'succeed', 'succeeded'],
    ['processing', 'fail', 'failed'],
    ['processing', 'cancel', 'canceled'],
    ['processing', 'expire', 'canceled'],
  ])('%s, by %s, to %s', (from, by, to) => {
    const next = transitions[by](states[from])
    expect(next?.status ?? 'unchanged').toBe(to)
  })
})

describe('an end is final', () => {
  const ends = STATUSES.filter(isTerminal)

  test('four states are ends', () => {
    expect(ends).toEqual(['succeeded', 'failed', 'canceled', 'aborted'])
  })

  for (const status of ends)
    test.each(Object.entries(transitions))(`${status} is not moved by %s`, (_name, transition) => {
      expect(transition({ ...processing, status, completedAt: NOW - 1 })).toBeUndefined()
    })
})

test('no transition touches the state it is given', () => {
  for (const state of Object.values(states))
    for (const transition of Object.values(transitions)) expect(() => transition(Object.freeze(state))).not.toThrow()
})

test('a claim keeps its time and changes nothing else', () => {
  expect(claim(queued, CLAIMED)).toEqual(claimed)
})

test('a start keeps its time and changes only the status beside it', () => {
  expect(start(claimed, STARTED)).toEqual(processing)
})

test('a success carries the output, the logs and the metrics of its run', () => {
  expect(succeed(processing, report, NOW)).toEqual({
    ...processing,
    status: 'succeeded',
    output: 'whole',
    logs: 'line\n',
    error: null,
    completedAt: NOW,
    metrics: { tokens: 3, predict_time: 1.234568, total_time: 1.75 },
  })
})

test('a failure carries its message and what was produced until then', () => {
  expect(fail(processing, 'It broke', { ...produced, metrics: { tokens: 1 }, predictSeconds: 0.5 }, NOW)).toEqual({
    ...processing,
    status: 'failed',
    output: ['a'],
    logs: 'line\n',
    error: 'It broke',
    completedAt: NOW,
    metrics: { tokens: 1, predict_time: 0.5, total_time: 1.75 },
  })
})

test('a failure without a message gets one: an empty error reads as success in some clients', () => {
  expect(fail(processing, '', produced, NOW)?.error).toBe('The prediction failed without a message')
})

test('an end by the clock measures the run from its start', () => {
  expect(cancel(processing, produced, NOW)?.metrics).toEqual({ predict_time: 1.5, total_time: 1.75 })
})

test.each([
  ['cancel', cancel],
  ['expire', expire],
])('what never started ends with a start, no time in between, and no error: %s', (_name, transition) => {
  expect(transition(queued, { output: null, outputFiles: [], logs: '' }, NOW)).toMatchObject({
    startedAt: NOW,
    completedAt: NOW,
    error: null,
    metrics: { predict_time: 0, total_time: 1.75 },
  })
})

test('what the model reports cannot stand in for the measured times', () => {
  const metrics = { predict_time: 99, total_time: 99 }
  expect(succeed(processing, { ...report, metrics, predictSeconds: 1 }, NOW)?.metrics).toEqual({
    predict_time: 1,
    total_time: 1.75,
  })
})

test.each([
  ['start', true],
  ['output', true],
  ['logs', true],
  ['completed', true],
  ['Start', false],
  ['', false],
  [null, false],
  [1, false],
])('%j is an event of a webhook: %s', (value, expected) => {
  expect(isWebhookEvent(value)).toBe(expected)
})
