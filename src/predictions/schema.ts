import { type Static, Type } from '@sinclair/typebox'
import { oneOf } from '../one-of.ts'
import type { Outlook } from '../scheduler/outlook.ts'
import { isTerminal, type Prediction, SOURCES, STATUSES, WEBHOOK_EVENTS } from './prediction.ts'

const Time = Type.String({ format: 'date-time' })

/** A prediction on the wire (replicate-api.md 3.1). */
export const WirePrediction = Type.Object(
  {
    id: Type.String(),
    model: Type.String({ description: 'owner/name' }),
    version: Type.String({ description: 'Id of the version that ran.' }),
    deployment: Type.Optional(Type.String({ description: 'Name of the deployment that it was asked of.' })),
    input: Type.Record(Type.String(), Type.Unknown(), { description: 'As it was sent.' }),
    logs: Type.String(),
    output: Type.Unknown({ description: 'Null until there is some; a growing list while a streaming model runs.' }),
    data_removed: Type.Boolean({ description: 'Whether input, output, logs and files are gone.' }),
    error: Type.Union([Type.String(), Type.Null()]),
    status: oneOf(STATUSES),
    queue_position: Type.Optional(
      Type.Integer({ minimum: 1, description: 'While it waits: 1 is next. Accounts take turns.' }),
    ),
    eta: Type.Optional(
      Type.Number({ description: 'While it waits: in about how many seconds it begins, as far as that can be told.' }),
    ),
    source: oneOf(SOURCES),
    created_at: Time,
    started_at: Type.Optional(Time),
    completed_at: Type.Optional(Time),
    metrics: Type.Optional(
      Type.Record(Type.String(), Type.Number(), {
        description:
          'What the model tells, and seconds: `total_time`, and of it `queue_time`, `fetch_time` (of inputs), `load_time` (of the model), `batch_time` (waiting in the runner), `predict_time`, and `store_time` (of files).',
      }),
    ),
    deadline: Type.Optional(Time),
    destination: Type.Optional(Type.String({ description: 'Of a training: the model that gets the new version.' })),
    webhook: Type.Optional(Type.String()),
    webhook_events_filter: Type.Optional(Type.Array(Type.String())),
    urls: Type.Object({
      get: Type.String(),
      cancel: Type.String(),
      web: Type.String(),
      stream: Type.Optional(Type.String({ description: 'Server-sent events; open to whoever has the URL.' })),
    }),
  },
  { $id: 'Prediction' },
)

export type WirePrediction = Static<typeof WirePrediction>

/** What every create may say. */
export const createFields = {
  input: Type.Object(
    {},
    { additionalProperties: true, description: 'Inputs by name, as the schema of the version says.' },
  ),
  webhook: Type.Optional(Type.String({ description: 'An http or https URL.' })),
  webhook_events_filter: Type.Optional(Type.Array(oneOf(WEBHOOK_EVENTS))),
  stream: Type.Optional(Type.Boolean({ description: 'Ignored: what can be streamed always can.' })),
  webhook_completed: Type.Optional(Type.String({ description: 'Ignored; old clients send it.' })),
}

const closed = { additionalProperties: false }

/** Body of a create that names its version (replicate-api.md 4.1). */
export const CreateByVersion = Type.Object(
  { version: Type.String({ description: 'owner/name, owner/name:<id> or <id>' }), ...createFields },
  { ...closed, $id: 'CreatePrediction' },
)

/** Body of a create whose path names the model. */
export const CreateByModel = Type.Object(createFields, { ...closed, $id: 'CreateModelPrediction' })

/** Body of a create whose path names the deployment. */
export const CreateByDeployment = Type.Object(createFields, { ...closed, $id: 'CreateDeploymentPrediction' })

export const ListQuery = Type.Object({
  cursor: Type.Optional(Type.String()),
  created_after: Type.Optional(Type.String({ description: 'ISO 8601, inclusive' })),
  created_before: Type.Optional(Type.String({ description: 'ISO 8601, exclusive' })),
  model: Type.Optional(Type.String({ description: 'owner/name; not part of Replicate’s API.' })),
  status: Type.Optional(oneOf(STATUSES, 'Not part of Replicate’s API.')),
  source: Type.Optional(oneOf(['web'], 'Only those made in the browser, of the last 14 days')),
})

/** @param outlook of one that waits */
export function toWire(p: Prediction, origin: string, outlook?: Outlook): WirePrediction {
  const url = `${origin}/v1/predictions/${p.id}`
  return {
    id: p.id,
    model: p.model,
    version: p.version,
    ...(p.deployment === null ? {} : { deployment: p.deployment }),
    input: p.input,
    logs: p.logs,
    output: p.output,
    data_removed: p.dataRemoved,
    error: p.error,
    status: p.status,
    ...(outlook ? toWireOutlook(outlook) : {}),
    source: p.source,
    created_at: iso(p.createdAt),
    ...(p.startedAt === null ? {} : { started_at: iso(p.startedAt) }),
    ...(p.completedAt === null ? {} : { completed_at: iso(p.completedAt) }),
    ...(p.metrics === null ? {} : { metrics: p.metrics }),
    ...(p.deadline === null ? {} : { deadline: iso(p.deadline) }),
    ...(p.destination === null ? {} : { destination: p.destination }),
    ...(p.webhook === null ? {} : { webhook: p.webhook }),
    ...(p.webhookEventsFilter === null ? {} : { webhook_events_filter: [...p.webhookEventsFilter] }),
    urls: {
      get: url,
      cancel: `${url}/cancel`,
      web: `${origin}/p/${p.id}`,
      ...(p.streamSecret === null ? {} : { stream: streamUrl(origin, p, p.streamSecret) }),
    },
  }
}

function toWireOutlook({ position, beginsInMs }: Outlook): Pick<WirePrediction, 'queue_position' | 'eta'> {
  const eta = beginsInMs === undefined ? {} : { eta: Math.round(beginsInMs) / 1000 }
  return { queue_position: position, ...eta }
}

/** One client takes what it streams for files if, and only if, the path says so (replicate-api.md trap 19). */
function streamUrl(origin: string, { id, streamsFiles }: Prediction, secret: string): string {
  return `${origin}/v1/${streamsFiles ? 'files/strm-' : 'streams/'}${id}${secret}`
}

/**
 * What a create that waited too long answers: three clients take any status but `starting` for the end and its output
 * for the whole (replicate-api.md 4.4).
 */
export function toWireUnfinished(p: Prediction, origin: string, outlook?: Outlook): WirePrediction {
  if (isTerminal(p.status)) return toWire(p, origin)
  return toWire({ ...p, status: 'starting', output: null, logs: '', startedAt: null }, origin, outlook)
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
