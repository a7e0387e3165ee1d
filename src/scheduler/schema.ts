import { type Static, Type } from '@sinclair/typebox'
import type { Account } from '../accounts/account.ts'
import { oneOf } from '../one-of.ts'
import { RUNNER_STATES, type RunnerStatus } from './status.ts'

const orNull = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Number>>(schema: T) =>
  Type.Union([schema, Type.Null()])

const WireRunner = Type.Object({
  state: oneOf(RUNNER_STATES, '`ready`: loaded, has run nothing yet; `broken`: cannot be loaded at present'),
  model: orNull(Type.String()),
  version: orNull(Type.String()),
  deployment: orNull(Type.String({ description: 'owner/name, where it belongs to one' })),
  pid: orNull(Type.Number()),
  memory_bytes: orNull(Type.Number({ description: 'Proportional set size, measured every two seconds' })),
  threads: orNull(Type.Number({ description: 'Of each session' })),
  device: orNull(Type.String({ description: 'What its sessions run on, such as `cpu` or `cuda:0`' })),
  runs: Type.Number({ description: 'How many have ended' }),
  running: Type.Number({ description: 'Predictions that it has been given' }),
  queued: Type.Number({ description: 'Predictions of its version that wait' }),
  load_seconds: orNull(Type.Number({ description: 'How long it took to load, or has been loading' })),
  idle_seconds: orNull(Type.Number()),
  error: orNull(Type.String({ description: 'Why the version is broken' })),
  retry_in_seconds: orNull(Type.Number()),
})

export const WireRunners = Type.Object(
  {
    threads: Type.Number({ description: 'Cores that all runners share' }),
    memory_limit_bytes: orNull(Type.Number()),
    memory_used_bytes: orNull(Type.Number()),
    queued: Type.Number({ description: 'Predictions of all versions that wait' }),
    results: Type.Array(WireRunner),
  },
  { $id: 'Runners' },
)

export interface Reader {
  account: Account
  /** Whether it may see processes, memory, reasons, and deployments of others. */
  whole: boolean
}

export function toWireRunner(
  status: RunnerStatus,
  versionId: string | undefined,
  { account, whole }: Reader,
): Static<typeof WireRunner> {
  const { state, version, pid, memoryBytes, threads, device, runs, running, queued, loadMs, idleMs, broken } = status
  const { deployment } = version ?? {}
  return {
    state,
    model: version?.model ?? null,
    version: versionId ?? null,
    deployment:
      deployment && (whole || deployment.owner === account.username) ? `${deployment.owner}/${deployment.name}` : null,
    pid: whole ? pid : null,
    memory_bytes: whole ? memoryBytes : null,
    threads,
    device,
    runs,
    running,
    queued,
    load_seconds: toSeconds(loadMs),
    idle_seconds: toSeconds(idleMs),
    error: whole ? (broken?.reason ?? null) : null,
    retry_in_seconds: toSeconds(broken?.retryMs ?? null),
  }
}

function toSeconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : Math.round(milliseconds) / 1000
}
