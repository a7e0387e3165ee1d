import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import type { OriginOf } from '../http/origin.ts'
import { formatCursor, parseCursor } from '../http/pagination.ts'
import { pageOf, problems, reference } from '../http/schemas.ts'
import { isRecord } from '../is-record.ts'
import { VersionName } from '../models/schema.ts'
import type { Position } from '../page.ts'
import type { Prediction } from '../predictions/prediction.ts'
import type { Presenter } from '../predictions/presenter.ts'
import { keyOf, parseCreate } from '../predictions/routes.ts'
import type { PredictionService } from '../predictions/service.ts'
import { CreateTraining, toWireCreated, toWireTraining, WireTraining } from './schema.ts'

const Id = Type.Object({ id: Type.String() })
const Found = { 200: reference(WireTraining), ...problems }

export const trainingRoutes: FastifyPluginAsyncTypebox<{
  predictions: PredictionService
  presenter: Presenter
  originOf: OriginOf
}> = async (app, { predictions, presenter, originOf }) => {
  const show = async (training: Prediction, request: FastifyRequest): Promise<WireTraining> => {
    const origin = originOf(request)
    return toWireTraining(await presenter.answer(training, { origin, inline: false }), origin)
  }

  // Its answer is that of a prediction, URLs included: there the new training is found, too.
  app.post(
    '/v1/models/:owner/:name/versions/:id/trainings',
    {
      attachValidation: true,
      config: { creates: true },
      schema: {
        operationId: 'trainings.create',
        summary: 'Train a version, which makes a version of another model',
        params: VersionName,
        body: CreateTraining,
        response: { 201: reference(WireTraining), ...problems },
      },
    },
    async (request, reply) => {
      const { owner, name, id: version } = request.params
      const origin = originOf(request)
      const training = await predictions.create({
        account: request.account,
        target: { trainer: `${owner}/${name}`, version, destination: destinationOf(request.body) },
        ...parseCreate(request),
        source: 'api',
        origin,
        inline: false,
        idempotency: keyOf(request),
      })
      request.prediction = training.id
      request.forgetBody()
      reply.code(201).header('location', `${origin}/v1/predictions/${training.id}`)
      return toWireCreated(await presenter.answer(training, { origin, inline: false }))
    },
  )

  app.get(
    '/v1/trainings/:id',
    { schema: { operationId: 'trainings.get', summary: 'Get a training', params: Id, response: Found } },
    (request) => show(predictions.getTraining(request.account, request.params.id), request),
  )

  app.post(
    '/v1/trainings/:id/cancel',
    { schema: { operationId: 'trainings.cancel', summary: 'Cancel a training', params: Id, response: Found } },
    async (request) => {
      const { id } = predictions.getTraining(request.account, request.params.id)
      return show(await predictions.cancel(request.account, id), request)
    },
  )

  app.get(
    '/v1/trainings',
    {
      schema: {
        operationId: 'trainings.list',
        summary: 'List trainings, newest first',
        querystring: Type.Object({ cursor: Type.Optional(Type.String()) }),
        response: { 200: pageOf(WireTraining), ...problems },
      },
    },
    async (request) => {
      const { rows, next, previous } = predictions.list(
        {
          account: request.account.username,
          trainings: true,
          createdAfter: undefined,
          createdBefore: undefined,
          source: undefined,
        },
        parseCursor(request.query.cursor),
      )
      const link = (position: Position | undefined) =>
        position ? `${originOf(request)}/v1/trainings?${new URLSearchParams({ cursor: formatCursor(position) })}` : null
      const results = await Promise.all(rows.map((row) => show(row, request)))
      return { next: link(next), previous: link(previous), results }
    },
  )
}

/** Where the body names none, its own errors say so. */
function destinationOf(body: unknown): string {
  return isRecord(body) && typeof body.destination === 'string' ? body.destination : ''
}
