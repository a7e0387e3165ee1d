import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { notFound } from '../errors.ts'
import { sendFile } from '../files/send-file.ts'
import { binary, problems } from '../http/schemas.ts'
import type { PredictionService } from './service.ts'

/** As long as Replicate lets them be kept; the URL of a file never gets another content. */
const CACHE_CONTROL = 'public, max-age=3600'

/** The files that predictions gave out; whoever has the URL may read one (replicate-api.md 7.4). */
export const outputRoutes: FastifyPluginAsyncTypebox<{ predictions: PredictionService }> = async (
  app,
  { predictions },
) => {
  app.get(
    '/v1/outputs/:token/:name',
    {
      config: { capability: true },
      schema: {
        operationId: 'predictions.output',
        summary: 'Read a file that a prediction gave out',
        security: [],
        params: Type.Object({ token: Type.String(), name: Type.String() }),
        response: {
          200: binary,
          ...problems,
        },
      },
    },
    (request, reply) => {
      const file = predictions.findOutputFile(request.params.token)
      if (!file) throw notFound('File not found')
      return sendFile(request, reply, { ...file, cacheControl: CACHE_CONTROL })
    },
  )
}
