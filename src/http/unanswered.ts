import type { FastifyInstance, HTTPMethods } from 'fastify'
import { notFound } from '../errors.ts'
import { sendProblem } from './problem.ts'

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Remembers which methods each path answers; has to be called before routes are registered. */
export function collectMethods(app: FastifyInstance): Map<string, Set<string>> {
  const methods = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? new Set()
    for (const name of [method].flat()) known.add(name)
    methods.set(url, known)
  })
  return methods
}

/** Answers 405 where a path is known and its method is not, and 404 where neither is. */
export function answerTheRest(app: FastifyInstance, answered: ReadonlyMap<string, ReadonlySet<string>>): void {
  for (const [url, known] of [...answered]) {
    const others = METHODS.filter((method) => !known.has(method))
    const allow = [...known].join(', ')
    app.route({
      method: others,
      url,
      handler: (request, reply) =>
        sendProblem(reply.header('allow', allow), { detail: `Method "${request.method}" not allowed.`, status: 405 }),
    })
  }
  app.setNotFoundHandler(() => {
    throw notFound()
  })
}
