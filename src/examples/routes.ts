import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { OriginOf } from '../http/origin.ts'
import { pageOf, problems } from '../http/schemas.ts'
import { fullName } from '../models/model.ts'
import type { ModelRegistry } from '../models/registry.ts'
import { ModelName } from '../models/schema.ts'
import type { Presenter } from '../predictions/presenter.ts'
import { WirePrediction } from '../predictions/schema.ts'
import type { Examples } from './service.ts'

export const exampleRoutes: FastifyPluginAsyncTypebox<{
  models: ModelRegistry
  examples: Examples
  presenter: Presenter
  originOf: OriginOf
}> = async (app, { models, examples, presenter, originOf }) => {
  app.get(
    '/v1/models/:owner/:name/examples',
    {
      schema: {
        operationId: 'models.examples.list',
        summary: 'List the examples of a model',
        description: 'Those that the present version has not run yet are run first, for up to half a minute.',
        params: ModelName,
        response: { 200: pageOf(WirePrediction), ...problems },
      },
    },
    async (request) => {
      const model = models.getModel(request.account, fullName(request.params))
      const origin = originOf(request)
      const predictions = await examples.list(model, origin)
      const results = await Promise.all(predictions.map((one) => presenter.show(one, { origin, inline: false })))
      return { next: null, previous: null, results }
    },
  )
}
