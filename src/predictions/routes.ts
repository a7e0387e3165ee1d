import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseDuration } from '../duration.ts'
import { type FieldError, invalidFields, messageOf } from '../errors.ts'
import { fieldErrors } from '../field-errors.ts'
import type { OriginOf } from '../http/origin.ts'
import { formatCursor, parseCursor } from '../http/pagination.ts'
import { parsePrefer } from '../http/prefer.ts'
import { pageOf, problems, reference } from '../http/schemas.ts'
import { ID_PATTERN } from '../id.ts'
import { isRecord } from '../is-record.ts'
import { ModelName } from '../models/schema.ts'
import { parseOutboundUrl } from '../outbound/url.ts'
import type { Position } from '../page.ts'
import { traceOf } from '../traces/requests.ts'
import type { CreateRequest } from './creation.ts'
import type { IdempotencyKey } from './idempotency.ts'
import type { Manner } from './output-files.ts'
import { isWebhookEvent } from './prediction.ts'
import type { Presenter } from './presenter.ts'
import { CreateByDeployment, CreateByModel, CreateByVersion, ListQuery, WirePrediction } from './schema.ts'
import type { PredictionService } from './service.ts'

const SHORTEST_CANCEL_AFTER_MS = 5_000
/** A year: far beyond, a deadline could not be written as a time any more. */
const LONGEST_CANCEL_AFTER_MS = 365 * 24 * 3_600_000

const LONGEST_KEY = 255
const LONGEST_WEBHOOK = 2048

const Id = Type.Object({ id: Type.String() })
const DeploymentName = Type.Object({ owner: Type.String(), name: Type.String() })
const Created = { 201: reference(WirePrediction), 202: reference(WirePrediction), ...problems }
const Found = { 200: reference(WirePrediction), ...problems }

export const predictionRoutes: FastifyPluginAsyncTypebox<{
  predictions: PredictionService
  presenter: Presenter
  originOf: OriginOf
}> = async (app, { predictions, presenter, originOf }) => {
  const mannerFor = (request: FastifyRequest): Manner =>
    presenter.mannerFor(originOf(request), request.headers['user-agent'])

  async function create(
    request: FastifyRequest,
    reply: FastifyReply,
    { target, idempotency }: Pick<CreateRequest, 'target' | 'idempotency'>,
  ): Promise<WirePrediction> {
    const wait = parsePrefer(headerOf(request, 'prefer'))
    const manner = mannerFor(request)
    const { origin } = manner
    const prediction = await predictions.create({
      account: request.account,
      target,
      ...parseCreate(request),
      // Said by pages in a browser, as those of the playground (replicate-api.md 5.4).
      source: headerOf(request, 'reprise-source') === 'web' ? 'web' : 'api',
      ...manner,
      idempotency: idempotency ?? keyOf(request),
    })
    request.prediction = prediction.id
    request.forgetBody()
    reply.code(201).header('location', `${origin}/v1/predictions/${prediction.id}`)
    if (!wait) return presenter.answer(prediction, manner)
    reply.header('preference-applied', wait.applied)
    const ended = await predictions.waitForEnd(prediction, wait.waitMs - reply.elapsedTime, hangUpOf(reply))
    if (ended) return presenter.answer(ended, manner)
    reply.code(202)
    return presenter.showUnfinished(prediction, manner)
  }

  app.post(
    '/v1/predictions',
    {
      attachValidation: true,
      config: { creates: true },
      schema: {
        operationId: 'predictions.create',
        summary: 'Create a prediction',
        body: CreateByVersion,
        response: Created,
      },
    },
    (request, reply) => create(request, reply, { target: versionOf(request.body), idempotency: undefined }),
  )

  app.put(
    '/v1/predictions/:id',
    {
      attachValidation: true,
      config: { creates: true },
      schema: {
        operationId: 'predictions.put',
        summary: 'Create a prediction under an id of your own, once',
        params: Type.Object({ id: Type.String({ pattern: ID_PATTERN.source }) }),
        body: CreateByVersion,
        response: Created,
      },
    },
    (request, reply) => {
      const { id } = request.params
      return create(request, reply, {
        target: versionOf(request.body),
        idempotency: { ...requestOf(request), key: id, id },
      })
    },
  )

  app.post(
    '/v1/models/:owner/:name/predictions',
    {
      attachValidation: true,
      config: { creates: true },
      schema: {
        operationId: 'models.predictions.create',
        summary: 'Create a prediction with the present version of a model',
        params: ModelName,
        body: CreateByModel,
        response: Created,
      },
    },
    (request, reply) => {
      const { owner, name } = request.params
      return create(request, reply, { target: { model: `${owner}/${name}` }, idempotency: undefined })
    },
  )

  app.post(
    '/v1/deployments/:owner/:name/predictions',
    {
      attachValidation: true,
      config: { creates: true },
      schema: {
        operationId: 'deployments.predictions.create',
        summary: 'Create a prediction with the present release of a deployment',
        params: DeploymentName,
        body: CreateByDeployment,
        response: Created,
      },
    },
    (request, reply) => create(request, reply, { target: { deployment: request.params }, idempotency: undefined }),
  )

  app.get(
    '/v1/predictions/:id',
    { schema: { operationId: 'predictions.get', summary: 'Get a prediction', params: Id, response: Found } },
    async (request) => presenter.answer(predictions.get(request.account, request.params.id), mannerFor(request)),
  )

  app.post(
    '/v1/predictions/:id/cancel',
    { schema: { operationId: 'predictions.cancel', summary: 'Cancel a prediction', params: Id, response: Found } },
    async (request) =>
      presenter.answer(await predictions.cancel(request.account, request.params.id), mannerFor(request)),
  )

  app.delete(
    '/v1/predictions/:id',
    {
      schema: {
        operationId: 'predictions.delete',
        summary: 'Remove input, output, logs and files of a prediction that has ended',
        params: Id,
        response: { 204: Type.Null(), ...problems },
      },
    },
    async (request, reply) => {
      await predictions.removeData(request.account, request.params.id)
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/v1/predictions',
    {
      schema: {
        operationId: 'predictions.list',
        summary: 'List predictions, newest first',
        querystring: ListQuery,
        response: { 200: pageOf(WirePrediction), ...problems },
      },
    },
    async (request) => {
      const { cursor, ...filters } = request.query
      const { source, model, status, created_after, created_before } = filters
      const filter = {
        account: request.account.username,
        trainings: false,
        createdAfter: parseTime('created_after', created_after),
        createdBefore: parseTime('created_before', created_before),
        source,
        model,
        status,
      }
      const { rows, next, previous } = predictions.list(filter, parseCursor(cursor))
      const origin = originOf(request)
      const link = (position: Position | undefined) =>
        position
          ? `${origin}/v1/predictions?${new URLSearchParams({ ...filters, cursor: formatCursor(position) })}`
          : null
      const results = await Promise.all(rows.map((row) => presenter.answer(row, { origin, inline: false })))
      return { next: link(next), previous: link(previous), results }
    },
  )
}

/** Calls back when the client has hung up: the prediction goes on, and nothing is kept for who waits no more. */
function hangUpOf({ raw }: FastifyReply): (callback: () => void) => void {
  return (callback) => void (raw.destroyed ? callback() : raw.once('close', callback))
}

/** What any create says in its body and headers; broken rules travel along, to be reported with those of the input. */
export function parseCreate(request: FastifyRequest) {
  const { input, webhook, webhook_events_filter: filter } = isRecord(request.body) ? request.body : {}
  const cancelAfterMs = parseCancelAfter(headerOf(request, 'cancel-after'))
  const broken: FieldError[] = fieldErrors(request.validationError?.validation ?? [], '')
  if (typeof webhook === 'string') broken.push(...webhookErrors(webhook))
  if (cancelAfterMs === 'invalid') broken.push(BAD_CANCEL_AFTER)
  if ((headerOf(request, 'idempotency-key')?.length ?? 0) > LONGEST_KEY) broken.push(BAD_KEY)
  return {
    fieldErrors: broken,
    input,
    request: request.id,
    trace: traceOf(request),
    cancelAfterMs: cancelAfterMs === 'invalid' ? undefined : cancelAfterMs,
    webhook: typeof webhook === 'string' ? webhook : undefined,
    webhookEventsFilter: Array.isArray(filter) ? filter.filter(isWebhookEvent) : undefined,
  }
}

/** Receivers are reached by http and https only; that one redirects, which is never followed, cannot be foreseen. */
function webhookErrors(webhook: string): FieldError[] {
  const description = `String length must be less than or equal to ${LONGEST_WEBHOOK}`
  if (webhook.length > LONGEST_WEBHOOK) return [{ type: 'string_lte', field: 'webhook', description }]
  try {
    parseOutboundUrl(webhook)
    return []
  } catch (error) {
    return [{ type: 'format', field: 'webhook', description: `Does not match format 'uri': ${messageOf(error)}` }]
  }
}

const BAD_CANCEL_AFTER: FieldError = {
  type: 'format',
  field: 'Cancel-After',
  description: 'Must be a duration from 5 seconds to a year, such as 30s, 5m or 2h30m',
}

const BAD_KEY: FieldError = {
  type: 'string_lte',
  field: 'Idempotency-Key',
  description: `String length must be less than or equal to ${LONGEST_KEY}`,
}

function parseCancelAfter(header: string | undefined): number | undefined | 'invalid' {
  if (header === undefined) return
  const milliseconds = parseDuration(header.trim()) ?? 0
  return milliseconds >= SHORTEST_CANCEL_AFTER_MS && milliseconds <= LONGEST_CANCEL_AFTER_MS ? milliseconds : 'invalid'
}

function versionOf(body: unknown): CreateRequest['target'] {
  return { version: isRecord(body) && typeof body.version === 'string' ? body.version : '' }
}

export function keyOf(request: FastifyRequest): IdempotencyKey | undefined {
  const key = headerOf(request, 'idempotency-key')
  return key ? { ...requestOf(request), key, id: undefined } : undefined
}

function requestOf({ method, url, body }: FastifyRequest): Pick<IdempotencyKey, 'method' | 'path' | 'body'> {
  return { method, path: url.replace(/\/*(?:\?.*)?$/, ''), body }
}

/** @throws AppError `invalid` */
function parseTime(field: string, text: string | undefined): number | undefined {
  if (text === undefined) return
  // A time that names no zone is UTC, wherever the server stands.
  const zoned = /[T ][\d:.]+$/i.test(text) ? `${text}Z` : text
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(zoned) : Number.NaN
  if (!Number.isNaN(time)) return time
  throw invalidFields([{ type: 'format', field, description: "Does not match format 'date-time'" }])
}

function headerOf({ headers }: FastifyRequest, name: string): string | undefined {
  return headers[name]?.toString()
}
