import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Scheduler } from '../../src/scheduler/scheduler.ts'
import { FakeRunners } from '../support/fake-runners.ts'
import { FakeTask } from '../support/fake-task.ts'
import { load, makeScheduler, makeVersion, READY } from '../support/schedulers.ts'

const GRACE_MS = 500

let runners: FakeRunners
let scheduler: Scheduler

beforeEach(() => {
  vi.useFakeTimers()
  runners = new FakeRunners()
  scheduler = makeScheduler(runners)
  scheduler.start()
})
afterEach(() => {
  vi.useRealTimers()
})

const VERSION = makeVersion()

/** Lets time pass, and everything happen that was due. */
const pass = (milliseconds = 0) => vi.advanceTimersByTimeAsync(milliseconds)

function enqueue(...ids: string[]): FakeTask[] {
  const tasks = ids.map((id) => new FakeTask(id))
  for (const task of tasks) scheduler.enqueue(VERSION, task)
  return tasks
}

/** What those who wait are told of the loading. */
const isProgress = (part: string) => /^log (Loading|Loaded|Waiting)/.test(part)

/** The version is loaded, and has shown how long its runs take. */
async function warmUp({ seconds }: { seconds: number }): Promise<void> {
  load(scheduler, VERSION)
  runners.last.report(READY)
  for (let i = 0; i < 40; i++) {
    enqueue(`warm-${i}`)
    await pass()
    runners.last.finish(`warm-${i}`, seconds)
  }
  await pass()
  runners.last.received.length = 0
}

describe('dispatch', () => {
  test('loads a version for its first task, and sends that when it is ready and claimed', async () => {
    const [task] = enqueue('a')
    await pass()
    expect(runners.all).toHaveLength(1)
    expect(runners.last.received).toMatchObject([{ type: 'load', package: VERSION.package }])
    expect(task?.story).toEqual([])

    const claim = Promise.withResolvers<void>()
    if (task) task.claimed = claim.promise
    runners.last.report(READY)
    await pass()
    expect(task?.story).toEqual(['claim'])
    expect(runners.last.runs).toEqual([])
    claim.resolve()
    await pass()
    expect(runners.last.runs).toEqual([['a']])
  })

  test('does not send what ended while it was being claimed, and goes on with the next', async () => {
    const [ended, next] = enqueue('ended', 'next')
    if (ended) ended.wanted = false
    runners.last.report(READY)
    await pass()
    expect(runners.last.runs).toEqual([['next']])
    expect(next?.story).toEqual(['claim'])
  })

  test('passes on all that a run reports, in order', async () => {
    await warmUp({ seconds: 1 })
    const [task] = enqueue('a')
    await pass()
    runners.last.report(
      { type: 'started', id: 'a' },
      { type: 'output', id: 'a', values: [1, 2], files: [] },
      { type: 'log', id: 'a', text: 'hm' },
    )
    runners.last.print('native')
    runners.last.report(
      { type: 'metric', id: 'a', name: 'n', value: 3 },
      { type: 'done', id: 'a', output: 'well', files: [], seconds: 1 },
    )
    runners.last.report({ type: 'error', id: 'a', message: 'too late', seconds: 1 })
    expect(task?.story).toEqual(['claim', 'started', 'output 1 2', 'log hm', 'log native', 'metric n 3', 'done well'])
  })

  test.each([
    { seconds: 1, first: 1 },
    { seconds: 0.05, first: 1 },
    { seconds: 0.04, first: 2 },
    { seconds: 0.004, first: 2 },
    { seconds: 0.0008, first: 6 },
    { seconds: 0, first: 64 },
  ])('sends $first at a time where runs take $seconds s', async ({ seconds, first }) => {
    await warmUp({ seconds })
    const hold = new FakeTask('hold')
    const claim = Promise.withResolvers<void>()
    hold.claimed = claim.promise
    scheduler.enqueue(VERSION, hold)
    enqueue(...Array.from({ length: 100 }, (_, i) => `${i}`))
    hold.wanted = false
    claim.resolve()
    await pass()
    expect(runners.last.runs.flat()).toHaveLength(first)
    expect(scheduler.queued).toBe(100 - first)
  })

  test.each([
    { settings: {}, loaded: [8, 4, 2] },
    { settings: { threads: 3 }, loaded: [3, 3, 3] },
  ])('shares the cores among the versions that are loaded: $loaded', ({ settings, loaded }) => {
    for (const hash of ['a', 'b', 'c']) load(scheduler, makeVersion(settings, { contentHash: hash }))
    const threads = runners.all.flatMap(({ received }) => received.map((m) => m.type === 'load' && m.session.threads))
    expect(threads).toEqual(loaded)
  })
})

describe('what was sent ahead', () => {
  /** As many as are sent ahead of `alice`, one of which has begun, and some that wait. */
  async function fill(): Promise<void> {
    await warmUp({ seconds: 0 })
    enqueue('first')
    await pass()
    runners.last.report({ type: 'started', id: 'first' })
    enqueue(...Array.from({ length: 70 }, (_, i) => `${i}`))
    await pass()
  }

  test('does not keep another account waiting: what it creates is sent at once', async () => {
    await fill()
    const sent = runners.last.runs.flat().length
    expect(scheduler.queued).toBeGreaterThan(0)
    expect(scheduler.reserve(VERSION, 'alice'), 'for the account whose tasks wait').toBeUndefined()
    scheduler.reserve(VERSION, 'bob')?.run(new FakeTask('of bob', 'bob'))
    await pass()
    expect(runners.last.runs.flat().slice(sent)).toEqual(['of bob'])
    expect(scheduler.reserve(VERSION, 'bob'), 'while the first has not ended').toBeUndefined()
  })

  test('does not keep another account waiting: what is queued is sent when its turn comes', async () => {
    await fill()
    const sent = runners.last.runs.flat().length
    for (const id of ['bob 1', 'bob 2']) scheduler.enqueue(VERSION, new FakeTask(id, 'bob'))
    await pass()
    expect(runners.last.runs.flat().slice(sent)).toEqual(['bob 1'])
    runners.last.finish('bob 1', 0)
    await pass()
    expect(runners.last.runs.flat().slice(sent)).toContain('bob 2')
  })

  test('has a bound, however many accounts there are', async () => {
    await fill()
    for (let i = 0; i < 200; i++) scheduler.enqueue(VERSION, new FakeTask(`single ${i}`, `account ${i}`))
    await pass()
    const [lane] = scheduler.lanes
    const [replica] = lane?.replicas ?? []
    expect(replica?.load).toBe(128)
  })
})

describe('where a task stands', () => {
  test('counts what was sent ahead, and takes the measured time for each', async () => {
    await warmUp({ seconds: 2 })
    enqueue('a', 'b', 'c')
    for (const id of ['d', 'e']) scheduler.enqueue(VERSION, new FakeTask(id, 'bob'))
    await pass()
    runners.last.report({ type: 'started', id: 'a' })
    await pass(500)
    const outlooks = ['a', 'd', 'b', 'e', 'c', 'unknown'].map((id) => scheduler.outlookOf('content', id))
    expect(outlooks).toEqual([
      undefined,
      { position: 1, beginsInMs: expect.closeTo(1_500) },
      { position: 2, beginsInMs: expect.closeTo(3_500) },
      { position: 3, beginsInMs: expect.closeTo(5_500) },
      { position: 4, beginsInMs: expect.closeTo(7_500) },
      undefined,
    ])
    expect(scheduler.drainMsOf(VERSION)).toBeCloseTo(8_000)
  })

  test('tells no time before any has been measured', async () => {
    enqueue('a', 'b')
    expect(scheduler.outlookOf('content', 'b')).toEqual({ position: 2, beginsInMs: undefined })
    expect(scheduler.drainMsOf(VERSION)).toBeUndefined()
    await pass(3_000)
    runners.last.report(READY)
    await pass()
    expect(scheduler.outlookOf('content', 'b')).toEqual({ position: 2, beginsInMs: undefined })
    runners.last.report({ type: 'started', id: 'a' })
    expect(scheduler.outlookOf('content', 'b')).toEqual({ position: 1, beginsInMs: undefined })
  })

  test('tells how long the model loads, as far as it has loaded before', async () => {
    enqueue('a')
    await pass(3_000)
    runners.last.report(READY)
    await pass()
    runners.last.finish('a', 1)
    await pass()
    runners.last.die('was ended by SIGKILL')
    enqueue('b', 'c')
    await pass(1_000)
    expect(scheduler.outlookOf('content', 'b')).toEqual({ position: 1, beginsInMs: expect.closeTo(2_000) })
    expect(scheduler.outlookOf('content', 'c')).toEqual({ position: 2, beginsInMs: expect.closeTo(3_000) })
  })
})

describe('a reservation', () => {
  test('is there only while the version is ready and nobody waits', async () => {
    expect(scheduler.reserve(VERSION, 'alice')).toBeUndefined()
    enqueue('a')
    expect(scheduler.reserve(VERSION, 'alice')).toBeUndefined()
    runners.last.report(READY)
    await pass()
    expect(scheduler.reserve(VERSION, 'alice'), 'while one runs').toBeUndefined()
    runners.last.finish('a', 1)
    await pass()
    const reservation = scheduler.reserve(VERSION, 'alice')
    expect(reservation).toBeDefined()
    expect(scheduler.reserve(VERSION, 'alice'), 'while it is held').toBeUndefined()
    reservation?.run(new FakeTask('b'))
    await pass()
    expect(runners.last.runs).toEqual([['a'], ['b']])
  })

  test('that is given up makes room for those who came meanwhile', async () => {
    await warmUp({ seconds: 1 })
    const reservation = scheduler.reserve(VERSION, 'alice')
    enqueue('a')
    await pass()
    expect(runners.last.runs).toEqual([])
    reservation?.release()
    await pass()
    expect(runners.last.runs).toEqual([['a']])
  })

  test('whose process died is queued instead', async () => {
    await warmUp({ seconds: 1 })
    const reservation = scheduler.reserve(VERSION, 'alice')
    runners.last.die('was ended by SIGSEGV')
    const task = new FakeTask('a')
    reservation?.run(task)
    runners.last.report(READY)
    await pass()
    expect(runners.all).toHaveLength(2)
    expect(runners.last.runs).toEqual([['a']])
  })
})

describe('a process that dies', () => {
  test('fails the task it ran; those it had not begun run in the next, before what came later', async () => {
    await warmUp({ seconds: 0 })
    const hold = scheduler.reserve(VERSION, 'alice')
    const tasks = enqueue('a', 'b', 'c')
    hold?.release()
    await pass()
    const [first] = runners.all
    first?.report({ type: 'started', id: 'a' })
    first?.die('was ended by SIGFPE')
    enqueue('later')
    await pass()
    runners.last.report(READY)
    for (const id of ['b', 'c', 'later']) {
      await pass()
      runners.last.finish(id, 0)
    }
    expect(tasks.map(({ story }) => story.at(-1))).toEqual([
      "failed: The model's process was ended by SIGFPE while it ran this prediction",
      'done b',
      'done c',
    ])
    expect(runners.last.runs.flat()).toEqual(['b', 'c', 'later'])
  })

  test('is not replaced where nothing waits, unless the package wants one loaded', async () => {
    const kept = makeVersion({ minReplicas: 1 }, { contentHash: 'kept' })
    load(scheduler, VERSION)
    scheduler.warm(kept)
    for (const runner of runners.all) runner.report(READY)
    for (const runner of [...runners.all]) runner.die('was ended by SIGKILL')
    await pass(100)
    expect(runners.all).toHaveLength(3)
  })

  test('because it begins nothing for half a minute gives back what it was sent', async () => {
    await warmUp({ seconds: 1 })
    const [task] = enqueue('a')
    await pass(30_000)
    expect(runners.all[0]?.killed).toBe(true)
    runners.last.report(READY)
    await pass()
    runners.last.finish('a', 1)
    expect(task?.story.at(-1)).toBe('done a')
  })

  test('for a reason that it told fails its task with that', async () => {
    await warmUp({ seconds: 1 })
    const [task] = enqueue('a')
    await pass()
    runners.last.report({ type: 'started', id: 'a' }, { type: 'refused', message: 'Nobody caught this' })
    expect(runners.last.killed).toBe(true)
    await pass()
    expect(task?.story.at(-1)).toBe('failed: Nobody caught this')
  })
})

describe('a task that is abandoned', () => {
  test('in the queue is never sent', async () => {
    const [gone] = enqueue('gone', 'next')
    scheduler.abandon('content', 'gone')
    runners.last.report(READY)
    await pass()
    expect(runners.last.runs).toEqual([['next']])
    expect(gone?.story).toEqual([])
  })

  test('while it runs has a grace, then its process is killed', async () => {
    await warmUp({ seconds: 1 })
    const [task] = enqueue('a', 'next')
    await pass()
    const [first] = runners.all
    first?.report({ type: 'started', id: 'a' })
    scheduler.abandon('content', 'a')
    expect(first?.canceled).toEqual(['a'])
    await pass(GRACE_MS - 1)
    expect(first?.killed).toBe(false)
    expect(first?.runs).toEqual([['a']])
    await pass(1)
    expect(first?.killed).toBe(true)
    await pass()
    runners.last.report(READY)
    await pass()
    expect(runners.last.runs).toEqual([['next']])
    expect(task?.story).toEqual(['claim', 'started', 'released'])
  })

  test('and heeds it leaves its process alive', async () => {
    await warmUp({ seconds: 1 })
    enqueue('a', 'next')
    await pass()
    runners.last.report({ type: 'started', id: 'a' })
    scheduler.abandon('content', 'a')
    runners.last.report({ type: 'error', id: 'a', message: 'aborted', seconds: 1 })
    await pass(10 * GRACE_MS)
    expect(runners.all).toHaveLength(1)
    expect(runners.last.killed).toBe(false)
    expect(runners.last.runs).toEqual([['a'], ['next']])
  })

  test('after it was sent and before it began costs no process', async () => {
    await warmUp({ seconds: 0 })
    const hold = scheduler.reserve(VERSION, 'alice')
    enqueue('a', 'b')
    hold?.release()
    await pass()
    runners.last.report({ type: 'started', id: 'a' })
    scheduler.abandon('content', 'b')
    await pass(10 * GRACE_MS)
    expect(runners.last.canceled).toEqual(['b'])
    expect(runners.last.killed).toBe(false)
    runners.last.report({ type: 'done', id: 'a', output: 1, files: [], seconds: 0 }, { type: 'dropped', id: 'b' })
    enqueue('c')
    await pass()
    expect(runners.last.runs.flat()).toEqual(['a', 'b', 'c'])
  })

  test('after it was sent, and begins all the same, has the grace from then on', async () => {
    await warmUp({ seconds: 1 })
    const [task] = enqueue('a')
    await pass()
    scheduler.abandon('content', 'a')
    await pass(10 * GRACE_MS)
    runners.last.report({ type: 'started', id: 'a' })
    expect(task?.story).toEqual(['claim'])
    await pass(GRACE_MS)
    expect(runners.last.killed).toBe(true)
  })

  test('by its time-out fails, and its process has the grace', async () => {
    const brief = makeVersion({ predictTimeoutMs: 2_000 }, { contentHash: 'brief' })
    const task = new FakeTask('a')
    scheduler.enqueue(brief, task)
    runners.last.report(READY)
    await pass()
    runners.last.report({ type: 'started', id: 'a' })
    await pass(1_999)
    expect(task.story).toEqual(['claim', 'started'])
    await pass(1)
    expect(task.story.at(-1)).toBe('failed: Prediction timed out after 2s')
    expect(runners.last.canceled).toEqual(['a'])
    await pass(GRACE_MS)
    expect(runners.last.killed).toBe(true)
    expect(task.story).toHaveLength(4)
  })
})

describe('trainings', () => {
  const version = makeVersion({ predictTimeoutMs: 1_000, trainTimeoutMs: 3_000 })
  const training = makeVersion(version.run, { trains: true })

  test('and predictions of the same content do not wait for each other', async () => {
    const [train, predict] = [new FakeTask('train'), new FakeTask('predict')]
    scheduler.enqueue(training, train)
    runners.last.report(READY)
    await pass()
    runners.last.report({ type: 'started', id: 'train' })
    scheduler.enqueue(version, predict)
    expect(runners.all).toHaveLength(2)
    runners.last.report(READY)
    await pass()
    runners.last.finish('predict', 1)
    expect(predict.story.at(-1)).toBe('done predict')
    expect(train.story.at(-1)).toBe('started')
  })

  test('have a time-out of their own', async () => {
    const task = new FakeTask('train')
    scheduler.enqueue(training, task)
    runners.last.report(READY)
    await pass()
    runners.last.report({ type: 'started', id: 'train' })
    await pass(2_999)
    expect(task.story.at(-1)).toBe('started')
    await pass(1)
    expect(task.story.at(-1)).toBe('failed: Training timed out after 3s')
  })
})

describe('a version that cannot be set up', () => {
  const endings = (tasks: FakeTask[]) => tasks.map(({ story }) => story.filter((part) => !isProgress(part)).join())

  test('fails all who wait and all who come, and is tried again after five minutes', async () => {
    const tasks = enqueue('a', 'b')
    runners.last.report({ type: 'refused', message: 'No weights' })
    await pass()
    expect(endings([...tasks, ...enqueue('c')])).toEqual(Array(3).fill('failed: No weights'))
    await pass(5 * 60_000 - 1)
    expect(endings(enqueue('d'))).toEqual(['failed: No weights'])
    expect(runners.all).toHaveLength(1)
    await pass(1)
    const [late] = enqueue('e')
    expect(runners.all).toHaveLength(2)
    runners.last.report(READY)
    await pass()
    runners.last.finish('e', 1)
    expect(late?.story.at(-1)).toBe('done e')
  })

  test('in time is given up', async () => {
    const slow = makeVersion({ setupTimeoutMs: 90_000 }, { contentHash: 'slow' })
    const task = new FakeTask('a')
    scheduler.enqueue(slow, task)
    await pass(90_000)
    expect(runners.last.killed).toBe(true)
    await pass()
    expect(endings([task])).toEqual(['failed: Setup timed out after 1m30s'])
  })

  test('because its process dies is tried again after 0.1 s and 1 s before it is given up', async () => {
    const tasks = enqueue('a', 'b')
    for (const [index, wait] of [100, 1_000].entries()) {
      runners.last.die('was ended by SIGSEGV')
      await pass(wait - 1)
      expect(runners.all).toHaveLength(index + 1)
      await pass(1)
      expect(runners.all).toHaveLength(index + 2)
      expect(endings(tasks)).toEqual(['', ''])
    }
    runners.last.die('was ended by SIGSEGV')
    await pass()
    expect(endings(tasks)).toEqual(Array(2).fill("failed: The model's process was ended by SIGSEGV during setup"))
  })

  test('at first, but at the second try, has all its tries again once it has run something', async () => {
    for (let i = 0; i < 3; i++) {
      const [task] = enqueue(`${i}`)
      runners.last.die('was ended by SIGSEGV')
      await pass(100)
      runners.last.report(READY)
      await pass()
      runners.last.finish(`${i}`, 1)
      runners.last.die('was ended by SIGSEGV')
      await pass()
      expect(task?.story.at(-1)).toBe(`done ${i}`)
    }
  })

  test('and has run something since, however it ended then, has all its tries again', async () => {
    const brief = makeVersion({ idleTimeoutMs: 10_000 }, { contentHash: 'brief' })
    for (let i = 0; i < 4; i++) {
      const task = new FakeTask(`${i}`)
      scheduler.enqueue(brief, task)
      runners.last.die('was ended by SIGSEGV')
      await pass(100)
      runners.last.report(READY)
      await pass()
      runners.last.finish(`${i}`, 1)
      expect(task.story.at(-1)).toBe(`done ${i}`)
      await pass(20_000)
      expect(runners.last.killed).toBe(true)
    }
  })

  test('in several replicas at once has failed once', async () => {
    scheduler.warm(makeVersion({ minReplicas: 3, maxReplicas: 3 }, { contentHash: 'wide' }))
    expect(runners.all).toHaveLength(3)
    for (const runner of [...runners.all]) runner.die('was ended by SIGKILL')
    await pass(99)
    expect(runners.all).toHaveLength(3)
    await pass(1)
    expect(runners.all).toHaveLength(6)
  })

  test('after all: a process that dies right after it was ready is not started for ever', async () => {
    const [task] = enqueue('a')
    for (const wait of [100, 1_000, 0]) {
      runners.last.report(READY)
      await pass()
      runners.last.die('exited with code 3')
      await pass(wait)
    }
    expect(task?.story.at(-1)).toBe("failed: The model's process exited with code 3 before it ran anything")
    expect(runners.all).toHaveLength(3)
  })
})

describe('the end', () => {
  test('of an idle scheduler needs no wait', async () => {
    await warmUp({ seconds: 1 })
    await scheduler.drain()
  })

  test('waits for what runs, and sends nothing more', async () => {
    await warmUp({ seconds: 1 })
    const [, queued] = enqueue('running', 'queued')
    await pass()
    runners.last.report({ type: 'started', id: 'running' })
    let drained = false
    void scheduler.drain().then(() => {
      drained = true
    })
    enqueue('late')
    expect(scheduler.reserve(VERSION, 'alice')).toBeUndefined()
    await pass(60_000)
    expect(drained).toBe(false)
    runners.last.finish('running', 1)
    await pass()
    expect(drained).toBe(true)
    expect(runners.last.runs).toEqual([['running']])
    expect(queued?.story).toEqual([])
    expect(scheduler.queued).toBe(2)
  })

  test('waits for a process to die with what it ran', async () => {
    await warmUp({ seconds: 1 })
    enqueue('running')
    await pass()
    const drained = scheduler.drain()
    runners.last.die('was ended by SIGKILL')
    await drained
    expect(runners.all).toHaveLength(1)
  })

  test('does not wait for a reservation that is given up', async () => {
    await warmUp({ seconds: 1 })
    const reservation = scheduler.reserve(VERSION, 'alice')
    const drained = scheduler.drain()
    reservation?.release()
    await drained
  })

  test('does not wait for a claim that comes to nothing', async () => {
    await warmUp({ seconds: 1 })
    const task = new FakeTask('a')
    const claim = Promise.withResolvers<void>()
    task.claimed = claim.promise
    scheduler.enqueue(VERSION, task)
    const drained = scheduler.drain()
    task.wanted = false
    claim.resolve()
    await drained
  })

  test('kills every process, and leaves queued tasks as they are, however often setup has failed before', async () => {
    const tasks = enqueue('a', 'b')
    for (const wait of [100, 1_000]) {
      runners.last.die('was ended by SIGSEGV')
      await pass(wait)
    }
    const closed = scheduler.close()
    await pass()
    await closed
    expect(runners.last.killed).toBe(true)
    expect(tasks.flatMap(({ story }) => story).filter((part) => !isProgress(part))).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })
})

test('large inputs are sent ahead in messages of their own', async () => {
  await warmUp({ seconds: 0 })
  const hold = new FakeTask('hold')
  const claim = Promise.withResolvers<void>()
  hold.claimed = claim.promise
  scheduler.enqueue(VERSION, hold)
  for (const [id, size] of [
    ['small', 1],
    ['large', 2 ** 21],
    ['other', 2 ** 20],
    ['last', 1],
  ] as const) {
    const task = new FakeTask(id)
    task.size = size
    scheduler.enqueue(VERSION, task)
  }
  await pass()
  hold.wanted = false
  claim.resolve()
  await pass()
  expect(runners.last.runs).toContainEqual(['small'])
  expect(runners.last.runs).toContainEqual(['large'])
})

test('nothing is run before the scheduler is started, and then what came first', async () => {
  const held = makeScheduler(runners)
  const task = new FakeTask('early')
  held.enqueue(makeVersion(), task)
  expect(held.queued).toBe(1)
  expect(runners.all).toHaveLength(0)
  held.start()
  expect(runners.all).toHaveLength(1)
})
