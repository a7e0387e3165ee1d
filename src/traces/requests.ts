import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parseTraceContext, type TraceContext } from './trace-context.ts'
import type { TracedRequest, Tracing } from './tracing.ts'

declare module 'fastify' {
  interface FastifyRequest {
    traced: TracedRequest | undefined
  }
}

/** Traces the requests that make predictions; others would tell little, and each costs. */
export function traceCreates(app: FastifyInstance, tracing: Tracing | undefined): void {
  app.decorateRequest('traced')
  if (!tracing) return
  app.addHook('onRequest', (request, { raw }, done) => {
    const { method, headers, routeOptions } = request
    if (routeOptions.config.creates) {
      const traced = tracing.startRequest(headers, { method, route: routeOptions.url ?? '' })
      request.traced = traced
      // Also when the client has gone.
      raw.once('close', () => traced.end(raw.statusCode))
    }
    done()
  })
}

/** Where what a request makes belongs: below its own span, or where its sender says, which is handed on as it is. */
export function traceOf({ traced, headers }: FastifyRequest): TraceContext | null {
  return traced ? traced.context : parseTraceContext(headers)
}
