import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { problems, reference } from '../http/schemas.ts'
import { type Hardware, WireHardware } from './schema.ts'

export const hardwareRoutes: FastifyPluginAsyncTypebox<{ hardware: readonly Hardware[] }> = async (
  app,
  { hardware },
) => {
  // The one list that is no page (replicate-api.md 10.2).
  app.get(
    '/v1/hardware',
    {
      schema: {
        operationId: 'hardware.list',
        summary: 'List what models can run on',
        response: { 200: Type.Array(reference(WireHardware)), ...problems },
      },
    },
    async () => [...hardware],
  )
}
