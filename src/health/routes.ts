import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { RETRY_AFTER_SECONDS } from '../errors.ts'
import { CHECKS, type Readiness } from './readiness.ts'

const Health = Type.Object({ status: Type.Literal('ok') })
const Ready = Type.Object({
  ready: Type.Boolean(),
  troubles: Type.Partial(Type.Object(Object.fromEntries(CHECKS.map((check) => [check, Type.String()]))), {
    description: 'What is amiss, in a sentence for each check that fails.',
  }),
})

/** For supervisors and load balancers: open to everybody, under whatever host they ask. */
export const healthRoutes: FastifyPluginAsyncTypebox<{ readiness: Readiness }> = async (app, { readiness }) => {
  app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'))

  app.get(
    '/health',
    {
      config: { open: true, probe: true },
      schema: {
        operationId: 'health',
        summary: 'Whether the process is alive',
        security: [],
        response: { 200: Health },
      },
    },
    async () => ({ status: 'ok' as const }),
  )

  app.get(
    '/ready',
    {
      config: { open: true, probe: true },
      schema: {
        operationId: 'ready',
        summary: 'Whether predictions are taken and run',
        security: [],
        response: { 200: Ready, 503: Ready },
      },
    },
    async (_request, reply) => {
      const troubles = await readiness.troubles()
      const ready = Object.keys(troubles).length === 0
      if (!ready) reply.code(503).header('retry-after', String(RETRY_AFTER_SECONDS))
      return { ready, troubles }
    },
  )
}
