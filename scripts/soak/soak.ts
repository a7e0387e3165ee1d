import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../src/errors.ts'
import type { Scene } from './action.ts'
import { Api } from './api.ts'
import { type Figures, measure, printFigures, printVerdict } from './figures.ts'
import { makeSamples } from './files.ts'
import { Gate } from './gate.ts'
import { Latencies } from './latencies.ts'
import { runVisitor, warmUp } from './load.ts'
import type { Options } from './options.ts'
import { Random } from './random.ts'
import { Retention } from './retention.ts'
import { RunnerWatch } from './runners.ts'
import type { SoakedServer } from './server.ts'
import { printSummary } from './summary.ts'
import type { Tally } from './tally.ts'
import { Visitor } from './visitor.ts'

const LONGEST_START_MS = 60_000
/** Time for connections to close and for runners that were killed to be gone. */
const SETTLE_MS = 3_000
const LOOK_EVERY_MS = 250
const LAST_BREATH_MS = 1_000

export interface SoakOptions {
  options: Options
  server: SoakedServer
  dataDir: string
  tally: Tally
  stop: AbortController
}

/**
 * Runs the load against a server, and stops that in the end.
 * @returns whether it stayed about as large as it was; undefined when it was stopped before that could be told
 */
export async function soak({ options, server, dataDir, tally, stop }: SoakOptions): Promise<boolean | undefined> {
  const { minutes, seed, clients } = options
  const gate = new Gate()
  stop.signal.addEventListener('abort', () => gate.stop())
  const api = new Api(server.address, { tally, gate, stopped: stop.signal })
  const retention = new Retention(tally)
  const watch = new RunnerWatch({ api, tally, random: new Random(seed), serverPid: server.pid })
  const scene: Scene = { samples: await makeSamples(), greetings: new Latencies(), tales: new Map() }
  const visitor = (index: number) =>
    new Visitor({ api, tally, gate, retention, random: new Random(Math.imul(seed + index, 0x9e3779b1)) })
  const watching = lookAfter()
  const visitors = Array.from({ length: clients }, (_, index) =>
    runVisitor(visitor(index + 1), scene, gate, stop.signal),
  )
  const warmer = visitor(0)
  const begin = performance.now()
  let pausedMs = 0

  /** Keeps an eye on the runners as long as the server is there. */
  async function lookAfter(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await watch.look(gate.isOpen)
        await retention.check(api)
      } catch (error) {
        if (!stop.signal.aborted) tally.unexpected(`the watch: ${messageOf(error)}`)
      }
      await sleep(LOOK_EVERY_MS)
    }
  }

  /** What the server takes when it has nothing to do but has done the same as the last time. */
  async function figuresAt(name: string, atMs: number): Promise<Figures> {
    await sleep(Math.max(0, atMs - (performance.now() - begin)), undefined, { signal: stop.signal })
    const pause = performance.now()
    await gate.close()
    await warmUp(warmer, scene)
    await sleep(SETTLE_MS, undefined, { signal: stop.signal })
    await watch.look(false)
    const figures = await measure(server.pid, watch.pids, dataDir)
    printFigures(`${name} (after ${((performance.now() - begin) / 60_000).toFixed(1)} min)`, figures)
    pausedMs += performance.now() - pause
    return figures
  }

  let steady: boolean | undefined
  try {
    const wholeMs = minutes * 60_000
    await figuresAt('start', Math.min(LONGEST_START_MS, wholeMs / 10))
    gate.open()
    const middle = await figuresAt('middle', wholeMs / 2)
    gate.open()
    const end = await figuresAt('end', wholeMs)
    steady = printVerdict(middle, end)
  } catch (error) {
    if (!stop.signal.aborted) tally.unexpected(messageOf(error))
  }
  const loadMs = performance.now() - begin - pausedMs
  stop.abort()
  await Promise.all([...visitors, watching])
  await api.close()
  await server.stop()
  await assertAllGone(watch.pids, tally)
  printSummary({ tally, greetings: scene.greetings, server, watch, loadMs })
  return steady
}

async function assertAllGone(pids: readonly number[], tally: Tally): Promise<void> {
  if ((await Promise.all(pids.map(isRunning))).includes(true)) await sleep(LAST_BREATH_MS)
  for (const pid of pids) if (await isRunning(pid)) tally.unexpected(`runner ${pid} outlived the server`)
}

/** A process that has ended is still listed until its parent has asked for its end, which not every init does. */
async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return /^State:\s+[^ZX]/m.test(status)
}
