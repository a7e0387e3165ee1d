import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { RunSettings } from '../../src/scheduler/runnable-version.ts'
import type { Scheduler } from '../../src/scheduler/scheduler.ts'
import { runnerStatuses } from '../../src/scheduler/status.ts'
import { FakeRunners } from '../support/fake-runners.ts'
import { FakeTask } from '../support/fake-task.ts'
import { makeScheduler, makeVersion, READY } from '../support/schedulers.ts'

const MIB = 2 ** 20
const CLOCK = { now: () => Date.now(), monotonic: () => performance.now() }
/** How often memory is measured and idle replicas are looked for. */
const WATCH_MS = 2_000

let runners: FakeRunners
let scheduler: Scheduler
/** What each process holds, by pid. */
let sizes: Map<number, number>
let peaks: Map<string, number>
beforeEach(() => {
  vi.useFakeTimers()
  runners = new FakeRunners()
  sizes = new Map()
  peaks = new Map()
})
afterEach(async () => {
  const closed = scheduler.close()
  await pass()
  await closed
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

const pass = (milliseconds = 0) => vi.advanceTimersByTimeAsync(milliseconds)

function start({ memoryMib = 1_000_000, threads = 8 } = {}): void {
  scheduler = makeScheduler(runners, {
    budget: { threads, memoryBytes: memoryMib * MIB },
    measure: async (pids) => new Map(pids.map((pid) => [pid, sizes.get(pid) ?? 50 * MIB])),
    peaks: { find: (hash) => peaks.get(hash), remember: (hash, bytes) => void peaks.set(hash, bytes) },
  })
  scheduler.start()
}

/** A version that is known to take so much memory. */
function sized(name: string, mib: number, run: Partial<RunSettings> = {}) {
  peaks.set(name, mib * MIB)
  return makeVersion(run, { model: `test/${name}`, contentHash: name })
}

function enqueue(version: ReturnType<typeof makeVersion>, ...ids: string[]): FakeTask[] {
  const tasks = ids.map((id) => new FakeTask(id))
  for (const task of tasks) scheduler.enqueue(version, task)
  return tasks
}

/** Loads a version, and lets it run one task. */
async function use(version: ReturnType<typeof makeVersion>, mib: number): Promise<void> {
  const id = `use-${version.contentHash}-${runners.all.length}`
  enqueue(version, id)
  await pass()
  const runner = runners.last
  sizes.set(runner.pid, mib * MIB)
  runner.report(READY)
  await pass()
  runner.finish(id, 0.001)
  await pass()
}

const loaded = () =>
  runnerStatuses(scheduler, CLOCK).flatMap(({ state, version }) =>
    version && state !== 'broken' ? [`${version.contentHash} ${state}`] : [],
  )

describe('memory', () => {
  test('goes to the version that is asked for, from the one that has been idle longest', async () => {
    start({ memoryMib: 1_000 })
    for (const name of ['a', 'b', 'c']) {
      await use(sized(name, 300), 300)
      await pass(10)
    }
    const [task] = enqueue(sized('d', 300), 'task')
    await pass()
    expect(loaded()).toEqual(['b idle', 'c idle', 'd loading'])
    runners.last.report(READY)
    await pass()
    runners.last.finish('task', 1)
    expect(task?.story.at(-1)).toBe('done task')
  })

  test('that nobody can give is waited for, and those who wait are told so', async () => {
    start({ memoryMib: 500 })
    enqueue(sized('a', 300), 'running', 'next')
    await pass()
    const first = runners.last
    sizes.set(first.pid, 300 * MIB)
    first.report(READY)
    await pass()
    first.report({ type: 'started', id: 'running' })
    const [waiting] = enqueue(sized('b', 300), 'waiting')
    await pass(1_000)
    expect(loaded()).toEqual(['a busy'])
    expect(waiting?.story).toEqual(['log Waiting for memory to load test/b: 1 s so far\n'])

    // Its turn is over: it takes nothing more, and when it is done the other has its place.
    await pass(2_000)
    expect(loaded()).toEqual(['a ending'])
    first.report({ type: 'done', id: 'running', output: 1, files: [], seconds: 3 })
    await pass()
    expect(loaded()).toEqual(['b loading'])
    runners.last.report(READY)
    await pass()
    expect(waiting?.story.at(-1)).toBe('claim')
    expect(waiting?.story.at(-2)).toMatch(/^log Loaded test\/b after \d+\.\d s\n$/)
    runners.last.finish('waiting', 1)
    await pass()
    expect(loaded(), 'the first has its place back').toEqual(['a loading'])
  })

  test('is kept for the version that has waited longest: nobody overtakes it', async () => {
    start({ memoryMib: 500 })
    enqueue(sized('a', 300), 'a')
    await pass()
    runners.last.report(READY)
    await pass()
    enqueue(sized('large', 400), 'large')
    await pass(10)
    enqueue(sized('small', 100), 'small')
    await pass()
    expect(loaded()).toEqual(['a busy'])
    runners.last.finish('a', 1)
    await pass()
    expect(loaded()).toEqual(['large loading', 'small loading'])
  })

  test('that there will never be fails what waits, with both numbers', async () => {
    start({ memoryMib: 500 })
    const huge = makeVersion({}, { model: 'test/huge', contentHash: 'huge', bytes: 1_000 * MIB })
    const tasks = enqueue(huge, 'x', 'y')
    await pass()
    for (const { story } of tasks)
      expect(story).toEqual([expect.stringMatching(/^failed: test\/huge needs about 2 GiB .* may use 500 MiB;/)])
    expect(runners.all).toEqual([])
    expect(runnerStatuses(scheduler, CLOCK)).toMatchObject([{ state: 'broken', version: huge }])
  })

  test('beyond its own limit ends a replica, whose prediction fails with both numbers', async () => {
    start()
    const [task] = enqueue(sized('a', 100, { memoryBytes: 200 * MIB }), 'task')
    await pass()
    expect(runners.last.options.addressSpaceBytes).toBe(200 * MIB + 4 * 2 ** 30)
    runners.last.report(READY)
    await pass()
    runners.last.report({ type: 'started', id: 'task' })
    sizes.set(runners.last.pid, 300 * MIB)
    await pass(WATCH_MS)
    expect(runners.last.killed).toBe(true)
    expect(task?.story.at(-1)).toBe(
      "failed: The model's process held 300 MiB of memory, more than the 200 MiB that its package allows (run.memory)",
    )
  })

  test('beyond that of all together ends a replica that holds it alone', async () => {
    start({ memoryMib: 500 })
    const [task] = enqueue(sized('a', 100), 'task')
    await pass()
    runners.last.report(READY)
    await pass()
    runners.last.report({ type: 'started', id: 'task' })
    sizes.set(runners.last.pid, 600 * MIB)
    await pass(WATCH_MS)
    expect(task?.story.at(-1)).toMatch(/held 600 MiB .* 500 MiB that all models may use together/)
    expect(peaks.get('a')).toBe(100 * MIB)
    // It may try again, alone.
    const [again] = enqueue(sized('a', 600), 'again')
    await pass()
    runners.last.report(READY)
    await pass()
    runners.last.finish('again', 1)
    expect(again?.story.at(-1)).toBe('done again')
  })

  test('that grows beyond the budget ends idle replicas, however they were admitted', async () => {
    start({ memoryMib: 1_000 })
    await use(sized('a', 300), 300)
    await use(sized('b', 300), 300)
    sizes.set(runners.last.pid, 900 * MIB)
    await pass(WATCH_MS)
    expect(loaded()).toEqual(['b idle'])
  })
})

describe('replicas', () => {
  test('are added while tasks wait and cores are free, up to the most that the package wants', async () => {
    start({ threads: 4 })
    const version = sized('a', 10, { maxReplicas: 3, threads: 1 })
    enqueue(version, ...'abcdef')
    for (const expected of [1, 2, 3, 3]) {
      await pass()
      expect(runners.all).toHaveLength(expected)
      runners.last.report(READY)
    }
    await pass()
    expect(runners.all.map(({ runs }) => runs.flat())).toEqual([['a'], ['b'], ['c']])
  })

  test('share the cores: with two wanted, each gets a half', async () => {
    start({ threads: 4 })
    enqueue(sized('a', 10, { maxReplicas: 2 }), ...'abc')
    await pass()
    runners.last.report(READY)
    await pass()
    expect(runners.all.map(({ load }) => load?.session.threads)).toEqual([2, 2])
  })

  test('beyond the first are not added where the cores are taken', async () => {
    start({ threads: 2 })
    enqueue(sized('a', 10, { maxReplicas: 3, threads: 2 }), ...'abc')
    await pass()
    runners.last.report(READY)
    await pass()
    expect(runners.all).toHaveLength(1)
  })

  test('beyond the first that cannot be set up fail nobody while another serves', async () => {
    start()
    const tasks = enqueue(sized('a', 10, { maxReplicas: 2, threads: 1 }), ...'ab')
    await pass()
    const [first] = runners.all
    first?.report(READY)
    await pass()
    runners.last.report({ type: 'refused', message: 'No room on the card' })
    await pass()
    first?.finish('a', 1)
    await pass()
    first?.finish('b', 1)
    expect(tasks.map(({ story }) => story.at(-1))).toEqual(['done a', 'done b'])
    expect(runners.all).toHaveLength(2)
  })

  test('that are idle end after the idle time-out, down to those that are kept', async () => {
    start()
    const kept = sized('kept', 10, { minReplicas: 1, idleTimeoutMs: 60_000 })
    scheduler.warm(kept)
    runners.last.report(READY)
    await use(sized('a', 10, { idleTimeoutMs: 60_000 }), 10)
    await pass(60_000 - WATCH_MS)
    expect(loaded()).toEqual(['kept ready', 'a idle'])
    await pass(2 * WATCH_MS)
    expect(loaded()).toEqual(['kept ready'])
  })

  test('as many as are kept are loaded at the start', async () => {
    start()
    scheduler.warm(sized('a', 10, { minReplicas: 2, maxReplicas: 2 }))
    await pass()
    expect(loaded()).toEqual(['a loading', 'a loading'])
  })

  test('that have far too many threads by now load again while they are idle', async () => {
    start()
    await use(sized('a', 10), 10)
    for (const name of ['b', 'c', 'd']) await use(sized(name, 10), 10)
    expect(runners.all.map(({ load }) => load?.session.threads)).toEqual([8, 4, 2, 2])
    await pass(20_000)
    expect(runners.all.slice(4).map(({ load }) => load?.session.threads)).toEqual([2])
    expect(loaded()).toEqual(['a loading', 'b idle', 'c idle', 'd idle'])
  })
})

describe('the spare', () => {
  test('is started beside the first version that is loaded, and serves the next', async () => {
    start()
    expect(scheduler.spare).toBeUndefined()
    await use(sized('a', 10), 10)
    const pid = scheduler.spare?.pid
    expect(pid).toBeDefined()
    await use(sized('b', 10), 10)
    expect(runners.last.pid).toBe(pid)
    expect(scheduler.spare?.pid).not.toBe(pid)
  })

  test('does not serve a version with a memory limit', async () => {
    start()
    await use(sized('a', 10), 10)
    const pid = scheduler.spare?.pid
    await use(sized('b', 10, { memoryBytes: 100 * MIB }), 10)
    expect(runners.last.pid).not.toBe(pid)
    expect(scheduler.spare?.pid).toBe(pid)
  })

  test('is the first to go where memory is short', async () => {
    start({ memoryMib: 300 })
    await use(sized('a', 100), 100)
    expect(scheduler.spare).toBeDefined()
    enqueue(sized('b', 190), 'task')
    await pass()
    expect(loaded()).toEqual(['a idle', 'b loading'])
    expect(scheduler.spare).toBeUndefined()
  })
})

test('those who wait for a slow model are told how long it has taken', async () => {
  start()
  const [task] = enqueue(sized('slow', 10), 'task')
  await pass(45_000)
  expect(task?.story).toEqual([1, 2, 5, 10, 20, 40].map((seconds) => `log Loading test/slow: ${seconds} s so far\n`))
  runners.last.report(READY)
  await pass()
  expect(task?.story.at(-2)).toBe('log Loaded test/slow after 45.0 s\n')
})

test('a wait that nobody is left to hear of is over', async () => {
  start()
  const version = sized('slow', 10)
  enqueue(version, 'gone')
  await pass(3_000)
  scheduler.abandon('slow', 'gone')
  await pass(30_000)
  const [task] = enqueue(version, 'task')
  await pass(1_000)
  expect(task?.story).toEqual(['log Loading test/slow: 1 s so far\n'])
})

test("a version's account with a long queue leaves every second turn to another", async () => {
  start()
  const version = sized('a', 10)
  const tasks = ['1', '2', '3'].map((id) => new FakeTask(`greedy-${id}`, 'greedy'))
  for (const task of [...tasks, new FakeTask('modest-1', 'modest')]) scheduler.enqueue(version, task)
  runners.last.report(READY)
  for (const id of ['greedy-1', 'modest-1', 'greedy-2', 'greedy-3']) {
    await pass()
    expect(runners.last.runs.at(-1)).toEqual([id])
    runners.last.finish(id, 1)
  }
})
