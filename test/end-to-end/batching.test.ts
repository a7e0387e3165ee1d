/**
 * A model that takes many inputs at once gets what waits, without anybody waiting for more to come. What goes wrong with
 * one prediction is its own affair, even where the model cannot tell which one it was.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { eventually } from '../support/eventually.ts'
import { create, endOf, find, run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { testFolder } from '../support/temporary.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  await run(server, 'test/adds-batch', { value: 0 })
})
afterAll(() => server.close())

/** Sends all of them at once. */
function runAll(values: readonly number[]): Promise<WirePrediction[]> {
  return Promise.all(values.map((value) => run(server, 'test/adds-batch', { value })))
}

const endings = (predictions: WirePrediction[]) => predictions.map(({ output, error }) => error ?? output)
const batchSizes = (predictions: WirePrediction[]) => predictions.map(({ metrics }) => Number(metrics?.batch_size))

test('one alone is run at once', async () => {
  expect(await run(server, 'test/adds-batch', { value: 41 })).toMatchObject({
    output: 42,
    logs: 'a batch of 1\n',
    metrics: { batch_size: 1 },
  })
})

test('what waits when a run ends is run in a few batches, and each gets its own answer', async () => {
  const file = join(testFolder(), 'go')
  const first = await create(server, 'test/adds-batch', { value: 0, until: file })
  await eventually(async () => expect((await find(server, first.id)).status).toBe('processing'))
  const values = Array.from({ length: 64 }, (_, value) => value)
  const created = await Promise.all(values.map((value) => create(server, 'test/adds-batch', { value })))
  writeFileSync(file, '')
  const ended = await Promise.all(created.map(({ id }) => endOf(server, id)))
  expect(endings(ended)).toEqual(values.map((value) => value + 1))
  expect(Math.max(...batchSizes(ended))).toBeGreaterThan(8)
  expect(Math.max(...batchSizes(ended))).toBeLessThanOrEqual(32)
})

test('an input that the model says has failed fails alone', async () => {
  const ended = await runAll([1, 2, -3, 4, 5, 6, 7, 8])
  expect(endings(ended)).toEqual([2, 3, '-3 is negative', 5, 6, 7, 8, 9])
})

test('a batch that fails as a whole is run again one by one, and only the culprit fails', async () => {
  const ended = await runAll([1, 2, 3, 1313, 4, 5, 6, 7])
  expect(endings(ended)).toEqual([2, 3, 4, 'This batch is unlucky', 5, 6, 7, 8])
})

test('a batch whose process dies is run again one by one, and only the culprit fails', async () => {
  const ended = await runAll([1, 2, 3, 666, 4, 5, 6, 7])
  const died = "The model's process was ended by SIGKILL while it ran this prediction"
  expect(endings(ended)).toEqual([2, 3, 4, died, 5, 6, 7, 8])
})
