import { once } from 'node:events'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { type RunnerListener, runnerLauncher } from '../../src/runner/host.ts'
import { RunnerRecords } from '../../src/runner/records.ts'
import { SpareRunner } from '../../src/runner/spare.ts'
import { isAlive } from '../support/processes.ts'
import { FIXTURE_MODELS } from '../support/server.ts'
import { testFolder } from '../support/temporary.ts'

const TOKENS = join(FIXTURE_MODELS, 'test/tokens')
const INSPECT = { type: 'inspect', package: { dir: TOKENS, entry: 'predict.ts', sourceDir: TOKENS } } as const

/** A place for a spare, the pids of all runners that were launched for it, and the end of one that did not serve. */
function makeSpare() {
  const launch = runnerLauncher(process.env, new RunnerRecords(testFolder(), pino({ level: 'silent' })))
  const launched: number[] = []
  const reports = new EventTarget()
  let gone = 0
  const spare = new SpareRunner(
    (listener) => {
      const runner = launch(listener)
      onTestFinished(() => runner.kill())
      launched.push(runner.pid ?? 0)
      return runner
    },
    () => {
      gone++
      reports.dispatchEvent(new Event('gone'))
    },
  )
  return { spare, launched, gone: () => gone, nextGone: () => once(reports, 'gone') }
}

/** Somebody who takes a runner, and what they hear of it. */
function makeOwner() {
  const heard: string[] = []
  const reports = new EventTarget()
  const hear = (report: string) => {
    heard.push(report)
    reports.dispatchEvent(new Event(report))
  }
  const listener: RunnerListener = {
    onEvent: ({ type }) => hear(type),
    onPrinted() {},
    onExit: (how) => hear(how),
  }
  return { listener, heard, next: (report: string) => once(reports, report) }
}

test('there is one spare at a time, and it serves once', async () => {
  const { spare, launched } = makeSpare()
  spare.prepare()
  spare.prepare()
  expect(launched).toEqual([spare.pid])
  const [first, second] = [makeOwner(), makeOwner()]
  expect(spare.take(first.listener).pid).toBe(launched[0])
  expect(spare.pid).toBeUndefined()
  expect(spare.take(second.listener).pid).toBe(launched[1])
  expect(launched).toHaveLength(2)
  expect(spare.pid).toBeUndefined()
})

test('whoever takes the spare hears of all it does from then on', async () => {
  const { spare, launched, gone } = makeSpare()
  spare.prepare()
  const { listener, heard, next } = makeOwner()
  const runner = spare.take(listener)
  const inspected = next('inspected')
  runner.send(INSPECT)
  await inspected
  const exit = next('was ended by SIGKILL')
  runner.kill()
  await exit
  expect(heard).toEqual(['inspected', 'was ended by SIGKILL'])
  expect(launched.filter(isAlive)).toEqual([])
  expect(gone()).toBe(0)
})

test('a spare that dies makes room, and whoever comes then gets a runner of its own', async () => {
  const { spare, launched, nextGone } = makeSpare()
  spare.prepare()
  const gone = nextGone()
  process.kill(spare.pid ?? 0, 'SIGKILL')
  await gone
  expect(spare.pid).toBeUndefined()
  const { listener, heard, next } = makeOwner()
  const runner = spare.take(listener)
  expect(launched.slice(1)).toEqual([runner.pid])
  const inspected = next('inspected')
  runner.send(INSPECT)
  await inspected
  expect(heard).toEqual(['inspected'])
  spare.prepare()
  expect(launched.slice(2)).toEqual([spare.pid])
})

test('a spare that is dropped serves nobody, and keeps its place until its process is gone', async () => {
  const { spare, launched, gone, nextGone } = makeSpare()
  spare.drop()
  spare.prepare()
  const ended = nextGone()
  spare.drop()
  spare.drop()
  expect(spare.dropped).toBe(true)
  expect(launched).toEqual([spare.pid])
  const { listener, heard } = makeOwner()
  expect(spare.take(listener).pid).toBe(launched[1])
  await ended
  expect(launched.map(isAlive)).toEqual([false, true])
  expect({ pid: spare.pid, dropped: spare.dropped, gone: gone(), heard }).toEqual({
    pid: undefined,
    dropped: false,
    gone: 1,
    heard: [],
  })
  spare.prepare()
  expect(launched.slice(2)).toEqual([spare.pid])
})
