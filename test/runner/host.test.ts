import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { type RunnerListener, runnerLauncher } from '../../src/runner/host.ts'
import type { RunnerEvent } from '../../src/runner/protocol.ts'
import { RunnerRecords } from '../../src/runner/records.ts'
import { isAlive, runnersOf } from '../support/processes.ts'
import { FIXTURE_MODELS } from '../support/server.ts'
import { testFolder } from '../support/temporary.ts'

const silent = pino({ level: 'silent' })

/** What a model that loads no session does not care about. */
const LOAD = {
  session: { threads: 1, devices: [{ provider: 'cpu' }], options: {} },
  maxBatch: 1,
  predictionsDir: '/nowhere',
} as const

const TOKENS = join(FIXTURE_MODELS, 'test/tokens')

/** Launches one runner and keeps what it reports. */
function launch(environment: NodeJS.ProcessEnv = process.env) {
  const recordsDir = testFolder()
  const reports = new EventTarget()
  const events: RunnerEvent[] = []
  const exits: string[] = []
  const listener: RunnerListener = {
    onEvent(event) {
      events.push(event)
      reports.dispatchEvent(new Event(event.type))
    },
    onPrinted() {},
    onExit(how) {
      exits.push(how)
      reports.dispatchEvent(new Event('exit'))
    },
  }
  const runner = runnerLauncher(environment, new RunnerRecords(recordsDir, silent))(listener)
  onTestFinished(() => runner.kill())
  const recorded = () => readdirSync(recordsDir).map(Number)
  return { runner, events, exits, recorded, next: (type: RunnerEvent['type'] | 'exit') => once(reports, type) }
}

const location = { dir: TOKENS, entry: 'predict.ts', sourceDir: TOKENS }

test('a runner is recorded as long as it lives, and its death is told once, with what ended it', async () => {
  const { runner, exits, recorded, next } = launch()
  const [pid = 0] = recorded()
  expect(runnersOf(process.pid)).toContain(pid)
  const exit = next('exit')
  runner.kill()
  await exit
  expect(exits).toEqual(['was ended by SIGKILL'])
  expect(recorded()).toEqual([])
  expect(isAlive(pid)).toBe(false)
  runner.send({ type: 'cancel', id: 'nobody' })
  runner.kill()
})

test("none of the server's settings reaches a runner, and no telemetry leaves it", async () => {
  const { runner, recorded, next } = launch({ ...process.env, REPRISE_API_TOKENS: 'alice:secret', KEPT: 'yes' })
  runner.send({ type: 'inspect', package: location })
  await next('inspected')
  const environment = readFileSync(`/proc/${recorded()[0]}/environ`, 'utf8').split('\0')
  expect(environment.filter((entry) => /REPRISE|secret/.test(entry))).toEqual([])
  expect(environment).toEqual(expect.arrayContaining(['KEPT=yes', 'ORT_DISABLE_TELEMETRY=1']))
})

test('runs are made one after the other, and each reports its start, its output and its end', async () => {
  const { runner, events, next } = launch()
  const ready = next('ready')
  runner.send({ type: 'load', package: location, ...LOAD })
  await ready
  events.length = 0
  runner.send({
    type: 'run',
    runs: [
      { id: 'first', account: 'alice', input: { count: 2 }, inputFiles: [] },
      { id: 'failing', account: 'alice', input: { count: 0, fail: true }, inputFiles: [] },
    ],
  })
  await next('error')
  const told = new Set(events.map((event) => `${event.type} ${'id' in event ? event.id : ''}`))
  expect([...told]).toEqual([
    'started first',
    'output first',
    'metric first',
    'done first',
    'started failing',
    'metric failing',
    'error failing',
  ])
  expect(events.flatMap((event) => (event.type === 'output' ? event.values : []))).toEqual(['token 0\n', 'token 1\n'])
})

test('a package that cannot be imported is refused with the reason', async () => {
  const { runner, events, next } = launch()
  runner.send({
    type: 'load',
    package: { ...location, entry: 'nowhere.ts' },
    ...LOAD,
  })
  await next('refused')
  expect(events).toEqual([{ type: 'refused', message: expect.stringContaining('nowhere.ts') }])
})
