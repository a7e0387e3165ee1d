import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { Operators } from '../accounts/operators.ts'
import type { Config } from '../config.ts'
import { AppError, notFound } from '../errors.ts'
import { problems } from '../http/schemas.ts'
import type { Metrics } from './metrics.ts'

export interface ServedMetrics {
  /** Undefined where nothing is measured. */
  metrics: Pick<Metrics, 'exposition' | 'contentType'> | undefined
  /** Who may read them here. */
  readers: Config['metrics']
}

export const metricsRoutes: FastifyPluginAsyncTypebox<ServedMetrics & { operators: Operators }> = async (
  app,
  { metrics, readers, operators },
) => {
  app.get(
    '/metrics',
    {
      config: { open: readers === 'open' },
      schema: {
        operationId: 'metrics.get',
        summary: 'Metrics in the text format of Prometheus',
        description: 'Not part of Replicate’s API. For operators, unless REPRISE_METRICS says otherwise.',
        response: {
          200: Type.Unsafe<string>({ content: { 'text/plain': { schema: { type: 'string' } } } }),
          ...problems,
        },
      },
    },
    async ({ account }, reply) => {
      if (!metrics || readers === 'off' || typeof readers === 'object') throw notFound()
      if (readers === 'operators' && !operators.includes(account))
        throw new AppError(
          'forbidden',
          'Only operators may read metrics here; ask one of them to add this account to REPRISE_OPERATORS, or to set REPRISE_METRICS',
        )
      return reply.type(metrics.contentType).send(await metrics.exposition.read())
    },
  )
}
