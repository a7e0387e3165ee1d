import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import { errorCode } from '../error-code.ts'
import { notFound } from '../errors.ts'
import { contentTypeOf } from '../files/content-type.ts'
import { sendFile } from '../files/send-file.ts'
import type { OriginOf } from '../http/origin.ts'
import { formatCursor, parseCursor } from '../http/pagination.ts'
import { binary, nothing, pageOf, problems, reference } from '../http/schemas.ts'
import type { Position } from '../page.ts'
import type { WirePrediction } from '../predictions/schema.ts'
import type { CoverLinks } from './cover-links.ts'
import { fullName, type Model, newestFirst } from './model.ts'
import { pageOfModels } from './model-page.ts'
import type { ModelRegistry } from './registry.ts'
import {
  CreateModel,
  ListModelsQuery,
  ModelName,
  toWireModel,
  toWireVersion,
  UpdateModel,
  VersionName,
  WireModel,
  WireVersion,
} from './schema.ts'
import type { ModelService } from './service.ts'

const PAGE_SIZE = 25
const COVER_CACHE = 'private, max-age=300'

/** How answers show a model. */
export type ShowModel = (model: Model, request: FastifyRequest) => Promise<ReturnType<typeof toWireModel>>

/** @param exampleOf the prediction that shows what a model is good for, where there is one */
export function modelPresenter(
  originOf: OriginOf,
  covers: CoverLinks,
  exampleOf: (model: Model, request: FastifyRequest) => Promise<WirePrediction | null>,
): ShowModel {
  return async (model, request) => {
    const origin = originOf(request)
    return toWireModel(model, {
      origin,
      coverUrl: covers.urlOf(model, origin),
      example: await exampleOf(model, request),
    })
  }
}

export interface ModelRoutesOptions {
  models: ModelRegistry
  service: ModelService
  covers: CoverLinks
  showModel: ShowModel
  originOf: OriginOf
}

export const modelRoutes: FastifyPluginAsyncTypebox<ModelRoutesOptions> = async (
  app,
  { models, service, covers, showModel, originOf },
) => {
  app.get(
    '/v1/models',
    {
      schema: {
        operationId: 'models.list',
        summary: 'List the models that the account may see',
        querystring: ListModelsQuery,
        response: { 200: pageOf(WireModel), ...problems },
      },
    },
    async (request) => {
      const { cursor, ...order } = request.query
      const { sort_by: by = 'latest_version_created_at', sort_direction: direction = 'desc' } = order
      const { rows, next, previous } = pageOfModels(
        models.list(request.account),
        { by, direction },
        parseCursor(cursor),
        PAGE_SIZE,
      )
      const link = (position: Position | undefined) =>
        position
          ? `${originOf(request)}/v1/models?${new URLSearchParams({ ...order, cursor: formatCursor(position) })}`
          : null
      const results = await Promise.all(rows.map((model) => showModel(model, request)))
      return { next: link(next), previous: link(previous), results }
    },
  )

  app.post(
    '/v1/models',
    {
      schema: {
        operationId: 'models.create',
        summary: 'Create a model',
        body: CreateModel,
        response: { 201: reference(WireModel), ...problems },
      },
    },
    async (request, reply) => {
      const { owner, name, visibility, ...told } = request.body
      const model = await service.create(request.account, `${owner}/${name}`, { ...withoutNulls(told), visibility })
      reply.code(201)
      return showModel(model, request)
    },
  )

  app.get(
    '/v1/models/:owner/:name',
    {
      schema: {
        operationId: 'models.get',
        summary: 'Get a model',
        params: ModelName,
        response: { 200: reference(WireModel), ...problems },
      },
    },
    async (request) => showModel(models.getModel(request.account, fullName(request.params)), request),
  )

  app.patch(
    '/v1/models/:owner/:name',
    {
      schema: {
        operationId: 'models.update',
        summary: 'Change what is told of a model',
        params: ModelName,
        body: UpdateModel,
        response: { 200: reference(WireModel), ...problems },
      },
    },
    async (request) => {
      const { visibility, ...told } = request.body
      const changes = { ...withoutNulls(told), ...(visibility ? { visibility } : {}) }
      return showModel(await service.update(request.account, fullName(request.params), changes), request)
    },
  )

  app.delete(
    '/v1/models/:owner/:name',
    {
      schema: {
        operationId: 'models.delete',
        summary: 'Delete a private model that has no versions',
        params: ModelName,
        response: { 204: Type.Null(), ...problems },
      },
    },
    async (request, reply) => {
      await service.delete(request.account, fullName(request.params))
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/v1/models/:owner/:name/readme',
    {
      schema: {
        operationId: 'models.readme.get',
        summary: 'Get the README of a model, in Markdown',
        params: ModelName,
        response: {
          200: Type.Unsafe<string>({ content: { 'text/plain': { schema: { type: 'string' } } } }),
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const { readme } = models.getModel(request.account, fullName(request.params)).about
      if (!readme) throw notFound('The model has no README')
      return reply.header('content-type', 'text/plain; charset=utf-8').send(readme)
    },
  )

  app.get(
    '/v1/models/:owner/:name/cover',
    {
      config: { capability: true },
      schema: {
        operationId: 'models.cover.get',
        summary: 'Get the cover image of a model',
        description: 'Not part of Replicate’s API: where `cover_image_url` leads.',
        security: [],
        params: ModelName,
        querystring: Type.Object({ signature: Type.Optional(Type.String()) }),
        response: { 200: binary, ...problems },
      },
    },
    async (request, reply) => {
      const model = models.find(fullName(request.params))
      if (!model?.cover || !covers.isValid(model, request.query.signature ?? '')) throw notFound()
      const { path, name } = model.cover
      // Whoever keeps the package may have taken the picture away since it was looked at.
      const contentType = await contentTypeOf(path, { name, given: undefined }).catch((error) => {
        throw errorCode(error) === 'ENOENT' ? notFound() : error
      })
      return sendFile(request, reply, { path, name, contentType, cacheControl: COVER_CACHE })
    },
  )

  // One page holds them all, as Replicate's does.
  app.get(
    '/v1/models/:owner/:name/versions',
    {
      schema: {
        operationId: 'models.versions.list',
        summary: 'List the versions of a model, newest first',
        params: ModelName,
        response: { 200: pageOf(WireVersion), ...problems },
      },
    },
    async ({ account, params }) => {
      const results = newestFirst(models.getModel(account, fullName(params))).map(toWireVersion)
      return { next: null, previous: null, results }
    },
  )

  app.get(
    '/v1/models/:owner/:name/versions/:id',
    {
      schema: {
        operationId: 'models.versions.get',
        summary: 'Get a version of a model',
        params: VersionName,
        response: { 200: reference(WireVersion), ...problems },
      },
    },
    async ({ account, params }) => toWireVersion(models.getVersion(account, fullName(params), params.id)),
  )

  app.delete(
    '/v1/models/:owner/:name/versions/:id',
    {
      schema: {
        operationId: 'models.versions.delete',
        summary: 'Delete a version of a private model, with its predictions and their files',
        params: VersionName,
        response: { 202: nothing, ...problems },
      },
    },
    async ({ account, params }, reply) => {
      await service.deleteVersion(account, fullName(params), params.id)
      return reply.code(202).send(undefined)
    },
  )
}

type WithoutNulls<Fields> = { [Key in keyof Fields]: Exclude<Fields[Key], null> | undefined }

/** Clients write null for what they do not tell, or no longer. */
function withoutNulls<Fields extends object>(fields: Fields): WithoutNulls<Fields> {
  const entries = Object.entries(fields).map(([key, value]) => [key, value ?? undefined])
  return Object.fromEntries(entries) as WithoutNulls<Fields>
}
