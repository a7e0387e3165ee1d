import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { pageOf, problems, reference } from '../http/schemas.ts'
import type { PredictionService } from '../predictions/service.ts'
import { toWire, WireDelivery, WireSecret } from './schema.ts'
import type { WebhookSecrets } from './secrets.ts'
import type { WebhookService } from './service.ts'

export const webhookRoutes: FastifyPluginAsyncTypebox<{
  predictions: PredictionService
  webhooks: WebhookService
  secrets: WebhookSecrets
}> = async (app, { predictions, webhooks, secrets }) => {
  app.get(
    '/v1/webhooks/default/secret',
    {
      schema: {
        operationId: 'webhooks.default.secret.get',
        summary: 'Get the secret that webhooks are signed with',
        response: { 200: reference(WireSecret), ...problems },
      },
    },
    async ({ account }) => ({ key: await secrets.present(account.username) }),
  )

  app.post(
    '/v1/webhooks/default/secret/rotate',
    {
      schema: {
        operationId: 'webhooks.default.secret.rotate',
        summary: 'Make a new secret; the former one signs beside it for a day',
        response: { 200: reference(WireSecret), ...problems },
      },
    },
    async ({ account }) => ({ key: await secrets.rotate(account.username) }),
  )

  app.get(
    '/v1/predictions/:id/webhooks',
    {
      schema: {
        operationId: 'predictions.webhooks.list',
        summary: 'List the events sent of a prediction, with every try',
        params: Type.Object({ id: Type.String() }),
        response: { 200: pageOf(WireDelivery), ...problems },
      },
    },
    async ({ account, params }) => {
      const deliveries = webhooks.list(predictions.get(account, params.id))
      return { next: null, previous: null, results: deliveries.map(toWire) }
    },
  )

  app.post(
    '/v1/predictions/:id/webhooks/:delivery/replay',
    {
      schema: {
        operationId: 'predictions.webhooks.replay',
        summary: 'Send an event once more, under the same id',
        params: Type.Object({ id: Type.String(), delivery: Type.String() }),
        response: { 202: reference(WireDelivery), ...problems },
      },
    },
    async ({ account, params }, reply) => {
      const delivery = await webhooks.replay(predictions.get(account, params.id), params.delivery)
      reply.code(202)
      return toWire(delivery)
    },
  )
}
