import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { OriginOf } from '../http/origin.ts'
import { formatCursor, parseCursor } from '../http/pagination.ts'
import { pageOf, problems, reference } from '../http/schemas.ts'
import type { Position } from '../page.ts'
import { CreateDeployment, changesOf, toWireDeployment, UpdateDeployment, WireDeployment } from './schema.ts'
import type { DeploymentService } from './service.ts'

const DeploymentName = Type.Object({ owner: Type.String(), name: Type.String() })
const Found = { 200: reference(WireDeployment), ...problems }

export const deploymentRoutes: FastifyPluginAsyncTypebox<{
  deployments: DeploymentService
  originOf: OriginOf
}> = async (app, { deployments, originOf }) => {
  app.get(
    '/v1/deployments',
    {
      schema: {
        operationId: 'deployments.list',
        summary: 'List deployments, newest first',
        querystring: Type.Object({ cursor: Type.Optional(Type.String()) }),
        response: { 200: pageOf(WireDeployment), ...problems },
      },
    },
    async (request) => {
      const { rows, next, previous } = deployments.list(request.account, parseCursor(request.query.cursor))
      const origin = originOf(request)
      const link = (position: Position | undefined) =>
        position ? `${origin}/v1/deployments?${new URLSearchParams({ cursor: formatCursor(position) })}` : null
      return { next: link(next), previous: link(previous), results: rows.map(toWireDeployment) }
    },
  )

  app.post(
    '/v1/deployments',
    {
      schema: {
        operationId: 'deployments.create',
        summary: 'Create a deployment: a version of a model with instances of its own',
        body: CreateDeployment,
        response: Found,
      },
    },
    async ({ account, body }) => {
      const { min_instances: minInstances, max_instances: maxInstances, ...given } = body
      return toWireDeployment(await deployments.create(account, { ...given, minInstances, maxInstances }))
    },
  )

  app.get(
    '/v1/deployments/:owner/:name',
    {
      schema: {
        operationId: 'deployments.get',
        summary: 'Get a deployment',
        params: DeploymentName,
        response: Found,
      },
    },
    async ({ account, params: { owner, name } }) => toWireDeployment(deployments.get(account, owner, name)),
  )

  app.patch(
    '/v1/deployments/:owner/:name',
    {
      schema: {
        operationId: 'deployments.update',
        summary: 'Change a deployment, which makes another release of it',
        params: DeploymentName,
        body: UpdateDeployment,
        response: Found,
      },
    },
    async ({ account, params: { owner, name }, body }) =>
      toWireDeployment(await deployments.update(account, owner, name, changesOf(body))),
  )

  app.delete(
    '/v1/deployments/:owner/:name',
    {
      schema: {
        operationId: 'deployments.delete',
        summary: 'Delete a deployment that is offline and has not been used for 15 minutes',
        params: DeploymentName,
        response: { 204: Type.Null(), ...problems },
      },
    },
    async ({ account, params: { owner, name } }, reply) => {
      await deployments.delete(account, owner, name)
      return reply.code(204).send(null)
    },
  )
}
