import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Gpu } from '../../src/hardware/gpu.ts'
import type { PoolOptions } from '../../src/scheduler/pool.ts'
import { laneOf, type RunnableVersion, type RunSettings } from '../../src/scheduler/runnable-version.ts'
import type { Scheduler } from '../../src/scheduler/scheduler.ts'
import { FakeRunners } from '../support/fake-runners.ts'
import { FakeTask } from '../support/fake-task.ts'
import { load, makeScheduler, makeVersion, READY } from '../support/schedulers.ts'

/** How often lanes that nobody needs are looked for. */
const WATCH_MS = 2_000

let runners: FakeRunners
let scheduler: Scheduler
beforeEach(() => {
  vi.useFakeTimers()
  runners = new FakeRunners()
  start()
})
afterEach(async () => {
  const closed = scheduler.close()
  await pass()
  await closed
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

const pass = (milliseconds = 0) => vi.advanceTimersByTimeAsync(milliseconds)

function start(changed: Partial<PoolOptions> = {}): void {
  scheduler = makeScheduler(runners, changed)
  scheduler.start()
}

/** A version as a deployment runs it. */
function deployed(run: Partial<RunSettings> = {}, { name = 'app', hardware = 'cpu', contentHash = 'content' } = {}) {
  return makeVersion(run, { contentHash, deployment: { owner: 'alice', name, hardware } })
}

function enqueue(version: RunnableVersion, ...ids: string[]): FakeTask[] {
  const tasks = ids.map((id) => new FakeTask(id))
  for (const task of tasks) scheduler.enqueue(version, task)
  return tasks
}

function readyAll(): void {
  for (const runner of runners.all) if (!runner.killed) runner.report(READY)
}

const alive = () => runners.all.filter(({ killed }) => !killed)
const lanes = () => [...scheduler.lanes].map(({ version }) => laneOf(version))
const sizes = () => [...scheduler.lanes].map(({ size }) => size)

describe('warm', () => {
  test('keeps more replicas when the settings ask for more, and fewer when they ask for fewer', async () => {
    scheduler.warm(makeVersion({ minReplicas: 1, maxReplicas: 3, idleTimeoutMs: 10_000 }))
    expect(runners.all).toHaveLength(1)
    scheduler.warm(makeVersion({ minReplicas: 3, maxReplicas: 3, idleTimeoutMs: 10_000 }))
    expect(runners.all).toHaveLength(3)
    readyAll()
    scheduler.warm(makeVersion({ minReplicas: 1, maxReplicas: 3, idleTimeoutMs: 10_000 }))
    await pass(10_000 - WATCH_MS)
    expect(alive()).toHaveLength(3)
    await pass(2 * WATCH_MS)
    expect(alive()).toHaveLength(1)
  })

  test('can be said twice', async () => {
    for (let i = 0; i < 2; i++) scheduler.warm(makeVersion({ minReplicas: 2, maxReplicas: 2 }))
    await pass()
    expect(sizes()).toEqual([2])
  })

  test('ends at once what the settings allow no more, that with the least to do first', async () => {
    scheduler.warm(makeVersion({ minReplicas: 3, maxReplicas: 3 }))
    readyAll()
    const tasks = enqueue(makeVersion(), 'a', 'b')
    await pass()
    const busy = runners.all.filter(({ runs }) => runs.length > 0)
    scheduler.warm(makeVersion({ minReplicas: 0, maxReplicas: 2 }))
    await pass()
    expect(alive()).toEqual(busy)
    scheduler.warm(makeVersion({ minReplicas: 0, maxReplicas: 1 }))
    await pass()
    expect(alive(), 'each finishes what it has').toEqual(busy)
    for (const runner of busy) runner.finish(runner.runs[0]?.[0] ?? '', 1)
    await pass()
    expect(alive()).toHaveLength(1)
    expect(tasks.map(({ story }) => story.at(-1))).toEqual(['done a', 'done b'])
  })

  test('starts nothing of a version that is to keep none', () => {
    scheduler.warm(makeVersion())
    expect(runners.all).toEqual([])
    expect(lanes()).toEqual([])
  })
})

describe('release', () => {
  test('ends what has nothing to do, also while it loads', async () => {
    const version = makeVersion({ minReplicas: 2, maxReplicas: 2 })
    scheduler.warm(version)
    runners.all[0]?.report(READY)
    for (let i = 0; i < 2; i++) scheduler.release(version)
    await pass()
    expect(alive()).toEqual([])
    expect(runners.all).toHaveLength(2)
  })

  test('lets what runs and what waits end, one after the other', async () => {
    const version = makeVersion({ minReplicas: 1 })
    scheduler.warm(version)
    readyAll()
    const tasks = enqueue(version, 'a', 'b')
    await pass()
    scheduler.release(version)
    for (const id of ['a', 'b']) {
      await pass()
      expect(alive()).toHaveLength(1)
      runners.last.finish(id, 1)
    }
    await pass()
    expect(tasks.map(({ story }) => story.at(-1))).toEqual(['done a', 'done b'])
    expect(alive()).toEqual([])
    expect(runners.all).toHaveLength(1)
  })

  test('of a version that is loaded for somebody who gives up ends it when it is ready', async () => {
    const version = makeVersion()
    enqueue(version, 'a')
    scheduler.release(version)
    await pass()
    expect(alive()).toHaveLength(1)
    scheduler.abandon('content', 'a')
    await pass()
    expect(alive()).toEqual([])
  })

  test('is over when more comes: then the idle time-out counts', async () => {
    const version = makeVersion({ minReplicas: 1, idleTimeoutMs: 60_000 })
    scheduler.warm(version)
    readyAll()
    const hold = scheduler.reserve(version, 'alice')
    scheduler.release(version)
    hold?.run(new FakeTask('a'))
    enqueue(version, 'b')
    await pass()
    for (const id of ['a', 'b']) {
      await pass()
      runners.last.finish(id, 1)
    }
    await pass(30_000)
    expect(alive()).toHaveLength(1)
    await pass(30_000 + WATCH_MS)
    expect(alive()).toEqual([])
  })

  test('does not let a process be replaced that dies', async () => {
    const version = makeVersion({ minReplicas: 1 })
    scheduler.warm(version)
    readyAll()
    enqueue(version, 'a')
    await pass()
    scheduler.release(version)
    runners.last.report({ type: 'started', id: 'a' })
    runners.last.die('was ended by SIGSEGV')
    await pass(WATCH_MS)
    expect(runners.all).toHaveLength(1)
  })
})

describe('a lane that nobody needs', () => {
  test('is forgotten when its last replica has ended', async () => {
    load(scheduler, makeVersion({ idleTimeoutMs: 10_000 }))
    readyAll()
    await pass(5_000)
    expect(lanes()).toEqual(['content'])
    await pass(10_000)
    expect(lanes()).toEqual([])
    enqueue(makeVersion(), 'again')
    expect(lanes()).toEqual(['content'])
    readyAll()
    await pass()
    expect(runners.last.runs).toEqual([['again']])
  })

  test('stays while the version is broken', async () => {
    const [task] = enqueue(makeVersion(), 'a')
    runners.last.report({ type: 'refused', message: 'No' })
    await pass(4 * 60_000)
    expect(task?.story.at(-1)).toBe('failed: No')
    expect(lanes()).toEqual(['content'])
    await pass(60_000 + WATCH_MS)
    expect(lanes()).toEqual([])
  })

  test('is one again when a task comes whose place was taken before its process died', async () => {
    load(scheduler, makeVersion())
    readyAll()
    const hold = scheduler.reserve(makeVersion(), 'alice')
    runners.last.die('was ended by SIGKILL')
    await pass(2 * WATCH_MS)
    hold?.run(new FakeTask('a'))
    readyAll()
    await pass()
    expect(runners.last.runs).toEqual([['a']])
  })

  test('is not one while a task is being claimed, although its process is gone', async () => {
    load(scheduler, makeVersion())
    readyAll()
    const task = new FakeTask('a')
    const claim = Promise.withResolvers<void>()
    task.claimed = claim.promise
    scheduler.enqueue(makeVersion(), task)
    await pass()
    runners.last.die('was ended by SIGKILL')
    await pass(2 * WATCH_MS)
    claim.resolve()
    await pass()
    readyAll()
    await pass()
    expect(runners.last.runs).toEqual([['a']])
  })
})

describe('a deployment', () => {
  test('has replicas of its own beside those that all share, and beside those of others', async () => {
    scheduler.warm(makeVersion({ minReplicas: 1 }))
    scheduler.warm(deployed({ minReplicas: 1 }))
    scheduler.warm(deployed({ minReplicas: 1 }, { name: 'other' }))
    readyAll()
    expect(sizes()).toEqual([1, 1, 1])
    enqueue(deployed(), 'a')
    await pass()
    expect(runners.all.map(({ runs }) => runs.flat())).toEqual([[], ['a'], []])
    expect(scheduler.replicasOf({ owner: 'alice', name: 'app' })).toBe(1)
    expect(scheduler.replicasOf({ owner: 'bob', name: 'app' })).toBe(0)
    scheduler.abandon(laneOf(deployed()), 'a')
    expect(runners.all[1]?.canceled).toEqual(['a'])
  })

  test.each([
    { hardware: 'gpu-a', devices: [{ provider: 'cuda', deviceId: 0 }, { provider: 'cpu' }] },
    { hardware: 'gpu-b', devices: [{ provider: 'cuda', deviceId: 1 }, { provider: 'cpu' }] },
    { hardware: 'gpu-gone', devices: [{ provider: 'cpu' }] },
  ])('on $hardware is given $devices', ({ hardware, devices }) => {
    const gpus: Gpu[] = ['NVIDIA A', 'NVIDIA B'].map((name, deviceId) => ({
      deviceId,
      name,
      uuid: `GPU-${deviceId}`,
      memoryBytes: 2 ** 34,
    }))
    start({ gpus })
    scheduler.warm(deployed({ minReplicas: 1 }, { hardware }))
    expect(runners.last.load?.session.devices).toEqual(devices)
  })
})
