import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Scheduler } from '../../src/scheduler/scheduler.ts'
import { FakeRunners } from '../support/fake-runners.ts'
import { FakeTask } from '../support/fake-task.ts'
import { makeScheduler, makeVersion, READY } from '../support/schedulers.ts'

const GRACE_MS = 500
const VERSION = makeVersion({ maxBatch: 4, predictTimeoutMs: 60_000 }, { batches: true })

let runners: FakeRunners
let scheduler: Scheduler
beforeEach(() => {
  vi.useFakeTimers()
  runners = new FakeRunners()
  scheduler = makeScheduler(runners)
  scheduler.start()
})
afterEach(() => void vi.useRealTimers())

const pass = (milliseconds = 0) => vi.advanceTimersByTimeAsync(milliseconds)

function enqueue(...ids: string[]): FakeTask[] {
  const tasks = ids.map((id) => new FakeTask(id))
  for (const task of tasks) scheduler.enqueue(VERSION, task)
  return tasks
}

const endings = (tasks: FakeTask[]) => tasks.map(({ story }) => story.at(-1))

/** A loaded version whose runner has begun a batch of these. */
async function begin(...ids: string[]): Promise<FakeTask[]> {
  const tasks = enqueue(...ids)
  runners.last.report(READY)
  await pass()
  runners.last.report(...ids.map((id) => ({ type: 'started', id }) as const))
  return tasks
}

/** What the last runner was sent, and whether it is to be run alone. */
function sentAlone(): Record<string, boolean> {
  const runs = runners.last.received.flatMap((message) => (message.type === 'run' ? message.runs : []))
  return Object.fromEntries(runs.map(({ id, alone = false }) => [id, alone]))
}

test('a runner has a batch, and the next one at hand where runs are short', async () => {
  enqueue('first', ...'abcdefghijk')
  runners.last.report(READY)
  await pass()
  expect(runners.last.runs.flat(), 'before it is known how long they take').toEqual(['first', ...'abc'])
  runners.last.finish('first', 0.02)
  await pass()
  expect(runners.last.runs.flat()).toEqual(['first', ...'abcdefgh'])
  expect(scheduler.queued).toBe(3)
})

test('a runner of long batches is sent no other before one ends', async () => {
  enqueue(...'abcd')
  runners.last.report(READY)
  await pass()
  enqueue(...'efghij')
  for (const id of 'abc') runners.last.finish(id, 2)
  await pass()
  expect(runners.last.runs.flat()).toEqual([...'abcd'])
  runners.last.finish('d', 2)
  await pass()
  expect(runners.last.runs.flat()).toEqual([...'abcdefgh'])
})

test('who comes while a long batch runs is run with all others who come meanwhile', async () => {
  enqueue('a')
  runners.last.report(READY)
  await pass()
  runners.last.finish('a', 2)
  await pass()
  enqueue('b')
  await pass()
  enqueue(...'cdef')
  await pass()
  expect(runners.last.runs).toEqual([['a'], ['b']])
  runners.last.finish('b', 2)
  await pass()
  expect(runners.last.runs.at(-1)).toEqual([...'cdef'])
})

describe('a batch whose process dies', () => {
  test('is run again, each member once and alone; only the culprit fails', async () => {
    const tasks = await begin('a', 'b', 'c')
    runners.last.die('was ended by SIGFPE')
    const [later] = enqueue('later')
    await pass()
    runners.last.report(READY)
    await pass()
    expect(sentAlone()).toEqual({ a: true, b: true, c: true, later: false })
    runners.last.finish('a', 0.2)
    runners.last.report({ type: 'started', id: 'b' })
    runners.last.die('was ended by SIGFPE')
    await pass()
    runners.last.report(READY)
    await pass()
    expect(sentAlone()).toEqual({ c: true, later: false })
    for (const id of ['c', 'later']) runners.last.finish(id, 0.2)
    expect(endings(tasks)).toEqual([
      'done a',
      "failed: The model's process was ended by SIGFPE while it ran this prediction",
      'done c',
    ])
    expect(later?.story.at(-1)).toBe('done later')
    expect(tasks.flatMap(({ story }) => story).filter((part) => part === 'claim')).toHaveLength(3)
  })

  test('gives those it had not begun back as they were', async () => {
    const tasks = await begin('a', 'b')
    const waiting = enqueue('c')
    await pass()
    const [first] = runners.all
    expect(first?.runs.flat()).toEqual(['a', 'b', 'c'])
    first?.die('was ended by SIGKILL')
    await pass()
    runners.last.report(READY)
    await pass()
    expect(sentAlone()).toEqual({ a: true, b: true, c: false })
    expect(endings([...tasks, ...waiting])).toEqual(['started', 'started', 'claim'])
  })

  test('leaves a member alone that was canceled meanwhile', async () => {
    const [a, b] = await begin('a', 'b')
    runners.last.die('was ended by SIGKILL')
    scheduler.abandon('content', 'b')
    await pass()
    runners.last.report(READY)
    await pass()
    runners.last.finish('a', 1)
    await pass()
    expect(runners.last.runs.flat()).toEqual(['a'])
    expect(a?.story.at(-1)).toBe('done a')
    expect(b?.story).toEqual(['claim', 'started'])
    expect(scheduler.queued).toBe(0)
  })
})

describe('a batch that fails as a whole', () => {
  test('has its members run alone by the runner, and only the one that ends the process fails', async () => {
    const tasks = await begin('a', 'b', 'c')
    runners.last.report(...['a', 'b', 'c'].map((id) => ({ type: 'returned', id }) as const))
    runners.last.finish('a', 0.2)
    runners.last.report({ type: 'started', id: 'b' })
    runners.last.die('was ended by SIGFPE')
    await pass()
    runners.last.report(READY)
    await pass()
    expect(sentAlone()).toEqual({ c: true })
    runners.last.finish('c', 0.2)
    expect(endings(tasks)).toEqual([
      'done a',
      "failed: The model's process was ended by SIGFPE while it ran this prediction",
      'done c',
    ])
  })

  test('gives each member the whole time again', async () => {
    const [a, b] = await begin('a', 'b')
    await pass(50_000)
    runners.last.report({ type: 'returned', id: 'a' }, { type: 'returned', id: 'b' }, { type: 'started', id: 'a' })
    await pass(50_000)
    expect(a?.story.at(-1)).toBe('started')
    await pass(10_000)
    expect(a?.story.at(-1)).toBe('failed: Prediction timed out after 1m')
    expect(b?.story.at(-1)).toBe('started')
  })
})

describe('canceling', () => {
  test('a member of a batch leaves the process alone', async () => {
    const [a, b] = await begin('a', 'b')
    scheduler.abandon('content', 'a')
    expect(runners.last.canceled).toEqual(['a'])
    await pass(10 * GRACE_MS)
    expect(runners.last.killed).toBe(false)
    runners.last.report(
      { type: 'done', id: 'a', output: 'late', files: [], seconds: 1 },
      { type: 'done', id: 'b', output: 'well', files: [], seconds: 1 },
    )
    await pass()
    expect(a?.story.at(-1)).toBe('released')
    expect(b?.story.at(-1)).toBe('done well')
  })

  test('all members of a batch has the process killed after the grace', async () => {
    await begin('a', 'b')
    for (const id of ['a', 'b']) scheduler.abandon('content', id)
    await pass(GRACE_MS - 1)
    expect(runners.last.killed).toBe(false)
    await pass(1)
    expect(runners.last.killed).toBe(true)
  })
})

test('a batch that takes too long fails with all its members, and its process has the grace', async () => {
  const tasks = await begin('a', 'b')
  await pass(60_000)
  expect(endings(tasks)).toEqual(Array(2).fill('failed: Prediction timed out after 1m'))
  await pass(GRACE_MS)
  expect(runners.last.killed).toBe(true)
})

test('what native code prints during a batch goes to none of its members', async () => {
  const tasks = await begin('a', 'b')
  runners.last.print('whose is this?')
  expect(endings(tasks)).toEqual(['started', 'started'])
})
