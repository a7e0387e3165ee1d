import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ID_PATTERN } from '../id.ts'
import { isRecord } from '../is-record.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Id of the prediction that it has created. */
    prediction: string | undefined
  }
}

/** Routes whose parameter begins with the id of a prediction; what follows in a capability is a secret. */
const OF_PREDICTIONS = /^\/v1\/(?:predictions\/|trainings\/|streams\/|files\/strm-|outputs\/):(id|token)/
const ID_LENGTH = 26

/** A request whose answer has been sent. */
export interface EndedRequest {
  method: string
  /** As it was registered, such as `/v1/predictions/:id`; undefined where none was found. What was asked for may be a secret. */
  route: string | undefined
  status: number
  ms: number
}

/** Whoever counts and measures requests. */
export type RequestObserver = (request: EndedRequest) => void

/**
 * Logs each request whose answer has been sent, where that is asked for, and tells the observer; nothing is heard of those whose
 * clients went away before.
 */
export function watchRequests(app: FastifyInstance, logs: boolean, observer: RequestObserver | undefined): void {
  if (!logs && !observer) return
  app.addHook('onResponse', (request, { statusCode: status, elapsedTime: ms }, done) => {
    const { method, log } = request
    const { url: route } = request.routeOptions
    observer?.({ method, route, status, ms })
    if (logs)
      log.debug(
        { method, route, status, ms: Math.round(ms), prediction: predictionOf(request) },
        'a request was answered',
      )
    done()
  })
}

/** Id of the prediction that a request is about, if it is about one. */
export function predictionOf({ prediction, params, routeOptions }: FastifyRequest): string | undefined {
  if (prediction !== undefined) return prediction
  const name = OF_PREDICTIONS.exec(routeOptions.url ?? '')?.[1]
  if (name === undefined || !isRecord(params)) return
  const id = String(params[name]).slice(0, ID_LENGTH)
  return ID_PATTERN.test(id) ? id : undefined
}
