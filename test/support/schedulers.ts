import { pino } from 'pino'
import { DEFAULT_RUN } from '../../src/models/run-settings.ts'
import type { PoolOptions } from '../../src/scheduler/pool.ts'
import type { RunnableVersion, RunSettings } from '../../src/scheduler/runnable-version.ts'
import { Scheduler } from '../../src/scheduler/scheduler.ts'
import type { FakeRunners } from './fake-runners.ts'

/** What a runner says when it has loaded its version. */
export const READY = { type: 'ready', device: 'cpu' } as const

/** A scheduler of runners without processes, with 8 cores and more memory than anybody needs. */
export function makeScheduler(runners: FakeRunners, changed: Partial<PoolOptions> = {}): Scheduler {
  return new Scheduler({
    launch: runners.launch,
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    log: pino({ level: 'silent' }),
    budget: { threads: 8, memoryBytes: 2 ** 40 },
    gpus: [],
    measure: async () => new Map(),
    peaks: { find: () => undefined, remember() {} },
    predictionsDir: '/predictions',
    ...changed,
  })
}

export function makeVersion(
  run: Partial<RunSettings> = {},
  { contentHash = 'content', ...changed }: Partial<RunnableVersion> = {},
): RunnableVersion {
  return {
    model: 'test/model',
    contentHash,
    package: { dir: '/snapshot', entry: 'predict.js', sourceDir: '/source' },
    bytes: 0,
    batches: false,
    run: { ...DEFAULT_RUN, setupTimeoutMs: 60_000, predictTimeoutMs: 600_000, ...run },
    ...changed,
  }
}
