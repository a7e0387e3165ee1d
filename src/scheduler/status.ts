import type { Clock } from '../clock.ts'
import type { Lane } from './lane.ts'
import type { Replica } from './replica.ts'
import type { RunnableVersion } from './runnable-version.ts'
import type { Scheduler } from './scheduler.ts'

/** `ready` has run nothing yet, `broken` has no process, `spare` no version. */
export const RUNNER_STATES = ['loading', 'ready', 'busy', 'idle', 'ending', 'broken', 'spare'] as const
export type RunnerState = (typeof RUNNER_STATES)[number]

/** A runner, or a version that cannot have one. */
export interface RunnerStatus {
  state: RunnerState
  version: RunnableVersion | undefined
  pid: number | null
  memoryBytes: number | null
  threads: number | null
  device: string | null
  runs: number
  /** Tasks that are in it, and of its version those that wait for one. */
  running: number
  queued: number
  /** Milliseconds that it took to load, or that it has been loading for. */
  loadMs: number | null
  /** How long it has had nothing to do. */
  idleMs: number | null
  /** Why the version is broken, and in how many milliseconds it is tried again. */
  broken: { reason: string; retryMs: number } | null
}

const NO_PROCESS = {
  pid: null,
  memoryBytes: null,
  threads: null,
  device: null,
  runs: 0,
  running: 0,
  loadMs: null,
  idleMs: null,
  broken: null,
}

/** Every runner of a scheduler, and every version that is broken at present. */
export function runnerStatuses(scheduler: Scheduler, clock: Clock): RunnerStatus[] {
  const now = clock.monotonic()
  const statuses: RunnerStatus[] = []
  for (const lane of scheduler.lanes) {
    for (const replica of lane.replicas) statuses.push(statusOf(lane, replica, now))
    const { version, queued, broken } = lane
    if (broken) {
      const retryMs = Math.max(0, broken.until - now)
      statuses.push({ ...NO_PROCESS, state: 'broken', version, queued, broken: { reason: broken.reason, retryMs } })
    }
  }
  const { spare } = scheduler
  if (spare) statuses.push({ ...NO_PROCESS, state: 'spare', version: undefined, queued: 0, ...spare })
  return statuses
}

function statusOf({ version, queued }: Lane, replica: Replica, now: number): RunnerStatus {
  const { pid = null, memoryBytes = null, threads, device, runs, load, launchedAt, readyAt, idleSince } = replica
  const state = stateOf(replica)
  const idle = state === 'idle' || state === 'ready'
  return {
    state,
    version,
    pid,
    memoryBytes,
    threads,
    device,
    runs,
    running: load,
    queued,
    loadMs: (readyAt ?? now) - launchedAt,
    idleMs: idle ? now - idleSince : null,
    broken: null,
  }
}

function stateOf({ retiring, loading, busy, runs }: Replica): RunnerState {
  if (retiring) return 'ending'
  if (loading) return 'loading'
  if (busy) return 'busy'
  return runs === 0 ? 'ready' : 'idle'
}
