/**
 * A prediction, or a training, and the ways it may change.
 *
 *   starting ──claim──► starting (claimed) ──start──► processing ──► succeeded | failed | canceled
 *      └──► canceled | aborted | failed        └──► canceled | failed
 *
 * Each function takes the state last submitted and returns the next one, or undefined when nothing changes: a terminal
 * prediction never moves again, so a late answer changes nothing.
 */
import type { OutputFile } from '../runner/protocol.ts'
import { laneOf } from '../scheduler/runnable-version.ts'
import type { TraceContext } from '../traces/trace-context.ts'
import { type InputPart, outlivesRun } from './input-part.ts'

export const STATUSES = ['starting', 'processing', 'succeeded', 'failed', 'canceled', 'aborted'] as const
export type Status = (typeof STATUSES)[number]
export const SOURCES = ['api', 'web'] as const
export type Source = (typeof SOURCES)[number]
export const WEBHOOK_EVENTS = ['start', 'output', 'logs', 'completed'] as const
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number]

export function isWebhookEvent(value: unknown): value is WebhookEvent {
  return WEBHOOK_EVENTS.some((event) => event === value)
}

/** A file of an output, and the secret that makes its URL unguessable. */
export interface ServedFile extends OutputFile {
  secret: string
}

export type Metrics = Readonly<Record<string, number>>

/** Times are milliseconds since 1970. */
export interface Prediction {
  readonly id: string
  readonly account: string
  /** `owner/name` */
  readonly model: string
  readonly version: string
  /** What the version id pointed to when this was created. */
  readonly contentHash: string
  /** The name of the deployment, one of the same account, that it was asked of. */
  readonly deployment: string | null
  readonly status: Status
  /** Counts committed changes; every update names the revision that it replaces. */
  readonly revision: number
  readonly source: Source
  readonly input: Readonly<Record<string, unknown>>
  /** What the asterisks in `input` stand for, sealed; null when nothing, or when the run is over. */
  readonly sealedSecrets: Uint8Array | null
  /** What of the input is not, or not whole, in `input`. */
  readonly inputParts: readonly InputPart[]
  readonly output: unknown
  /** The files whose places in `output` are null. */
  readonly outputFiles: readonly ServedFile[]
  readonly logs: string
  readonly error: string | null
  readonly metrics: Metrics | null
  readonly createdAt: number
  /** When a runner was chosen; from then on it may have run. */
  readonly claimedAt: number | null
  readonly startedAt: number | null
  readonly completedAt: number | null
  /** Set by `Cancel-After`. */
  readonly deadline: number | null
  readonly webhook: string | null
  readonly webhookEventsFilter: readonly WebhookEvent[] | null
  /** Origin of the request that created it, for the URLs we hand out where no request is at hand. */
  readonly origin: string
  /** Makes the stream URL unguessable; null when the version does not stream. */
  readonly streamSecret: string | null
  /** Whether what it streams are files, which one client tells by the stream's URL (replicate-api.md trap 19). */
  readonly streamsFiles: boolean
  /** Whether its stream carries files as data URIs, because its client would not fetch them (rules 7). */
  readonly inlineFiles: boolean
  /** Whether input, output, logs and files are gone, by age or on demand. */
  readonly dataRemoved: boolean
  readonly idempotencyKey: string | null
  readonly requestHash: string | null
  /** Set on trainings: `owner/name` of the model that gets the version which comes of it. */
  readonly destination: string | null
  /** Where it belongs in the traces of others. */
  readonly trace: TraceContext | null
}

/** What a run has produced so far, or in all. */
export interface Produced {
  readonly output: unknown
  readonly outputFiles: readonly ServedFile[]
  readonly logs: string
}

/** What a finished run reports beside its output: its own metrics and the seconds it took. */
export interface RunReport extends Produced {
  readonly metrics: Metrics
  readonly predictSeconds: number
}

export const INTERRUPTED = 'Prediction interrupted; please retry (code: PA)'

type Beginning = Omit<
  Prediction,
  | 'status'
  | 'revision'
  | 'output'
  | 'outputFiles'
  | 'logs'
  | 'error'
  | 'metrics'
  | 'startedAt'
  | 'completedAt'
  | 'dataRemoved'
>

/** A prediction of which nothing has happened yet, except that a runner may have been chosen. */
export function begin(given: Beginning): Prediction {
  return {
    ...given,
    status: 'starting',
    revision: 0,
    output: null,
    outputFiles: [],
    logs: '',
    error: null,
    metrics: null,
    startedAt: null,
    completedAt: null,
    dataRemoved: false,
  }
}

/** Those of one line wait for each other: trainings do so apart from predictions. */
export function lineOf({ contentHash, destination }: Pick<Prediction, 'contentHash' | 'destination'>): string {
  return laneOf({ contentHash, trains: destination !== null })
}

export function isTerminal(status: Status): boolean {
  return status !== 'starting' && status !== 'processing'
}

export function claim(p: Prediction, at: number): Prediction | undefined {
  if (isTerminal(p.status) || p.claimedAt !== null) return
  return { ...p, claimedAt: at }
}

export function start(p: Prediction, at: number): Prediction | undefined {
  if (p.status !== 'starting') return
  return { ...p, status: 'processing', startedAt: at }
}

/** As it was when it entered `processing`, whatever has become of it since. */
export function asBegun(p: Prediction): Prediction {
  const { createdAt, startedAt } = p
  // As a GET at that moment shows it: what streams has an empty list.
  const output = p.streamSecret === null ? null : []
  const nothing = { output, outputFiles: [], logs: '', error: null, metrics: null, completedAt: null }
  return { ...p, ...nothing, status: 'processing', startedAt: startedAt ?? createdAt }
}

export function succeed(p: Prediction, report: RunReport, at: number): Prediction | undefined {
  return end(p, { status: 'succeeded', ...report, at })
}

/** `message` must not be empty: an empty error reads as success in some clients. */
export function fail(
  p: Prediction,
  message: string,
  produced: Produced & { metrics?: Metrics; predictSeconds?: number },
  at: number,
): Prediction | undefined {
  return end(p, { status: 'failed', error: message || 'The prediction failed without a message', ...produced, at })
}

export function cancel(p: Prediction, produced: Produced, at: number): Prediction | undefined {
  return end(p, { status: 'canceled', ...produced, at })
}

/** The time set by `Cancel-After` has come: `aborted` only if nothing can have run (rules 1). */
export function expire(p: Prediction, produced: Produced, at: number): Prediction | undefined {
  return end(p, { status: p.claimedAt === null ? 'aborted' : 'canceled', ...produced, at })
}

/** The server or the runner went away while it ran. */
export function interrupt(p: Prediction, produced: Produced, at: number): Prediction | undefined {
  return fail(p, INTERRUPTED, produced, at)
}

interface Ending extends Produced {
  metrics?: Metrics
  predictSeconds?: number
  status: Status
  error?: string
  at: number
}

function end(p: Prediction, ending: Ending): Prediction | undefined {
  if (isTerminal(p.status)) return
  const { status, output, outputFiles, logs, error = null, at } = ending
  // Clients read started_at of everything that ended; what never started did so when it ended.
  const startedAt = p.startedAt ?? at
  return {
    ...p,
    status,
    sealedSecrets: null,
    inputParts: p.inputParts.filter(outlivesRun),
    output,
    outputFiles,
    logs,
    error,
    startedAt,
    completedAt: at,
    metrics: {
      ...ending.metrics,
      predict_time: toMicroseconds(ending.predictSeconds ?? (at - startedAt) / 1000),
      total_time: (at - p.createdAt) / 1000,
    },
  }
}

/** Digits beyond are noise of the clock. */
function toMicroseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6
}
