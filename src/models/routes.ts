import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { OriginOf } from '../http/origin.ts'
import { pageOf, problems, reference } from '../http/schemas.ts'
import { newestFirst } from './model.ts'
import type { ModelRegistry } from './registry.ts'
import { toWireModel, toWireVersion, WireModel, WireVersion } from './schema.ts'

const ModelName = Type.Object({ owner: Type.String(), name: Type.String() })
const VersionName = Type.Object({ owner: Type.String(), name: Type.String(), id: Type.String() })

export const modelRoutes: FastifyPluginAsyncTypebox<{ models: ModelRegistry; originOf: OriginOf }> = async (
  app,
  { models, originOf },
) => {
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
    async (request) => {
      const { owner, name } = request.params
      return toWireModel(models.getModel(request.account, `${owner}/${name}`), originOf(request))
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
    async ({ account, params: { owner, name } }) => {
      const results = newestFirst(models.getModel(account, `${owner}/${name}`)).map(toWireVersion)
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
    async ({ account, params: { owner, name, id } }) =>
      toWireVersion(models.getVersion(account, `${owner}/${name}`, id)),
  )
}
