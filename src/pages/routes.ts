import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { notFound } from '../errors.ts'
import type { PageFiles } from './page-files.ts'

/** What the pages may do: nothing comes from elsewhere, and no script but the built ones runs. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' data: blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The first part of a path below which the API is, so that no model's page hides what it says. */
const MODEL_PAGE = '/:owner(^(?!v1$).+)/:name'
const PAGES = ['/', '/p/:id', '/predictions', '/deployments', '/runners', '/tokens', MODEL_PAGE]

/** Names of assets hold the hash of their content. */
const FOR_EVER = 'public, max-age=31536000, immutable'
const ASK_EACH_TIME = 'no-cache'

// The pages say nothing of what the server holds; they ask the API, which wants a token.
const route = { config: { capability: true } }

/** The playground: pages that speak to the API as any other client does. */
export const playgroundRoutes: FastifyPluginAsync<{ files: PageFiles }> = async (app, { files }) => {
  async function send(request: FastifyRequest, reply: FastifyReply, path: string, cacheControl: string) {
    const file = files.find(path, request.headers['accept-encoding'])
    if (!file) throw notFound()
    reply.header('content-type', file.type).header('cache-control', cacheControl).header('vary', 'accept-encoding')
    reply.header('x-content-type-options', 'nosniff').header('content-security-policy', POLICY)
    reply.header('referrer-policy', 'no-referrer').header('cross-origin-opener-policy', 'same-origin')
    if (file.coding) reply.header('content-encoding', file.coding)
    return reply.send(file.bytes)
  }

  for (const page of PAGES) app.get(page, route, (request, reply) => send(request, reply, 'index.html', ASK_EACH_TIME))
  app.get('/icon.svg', route, (request, reply) => send(request, reply, 'icon.svg', ASK_EACH_TIME))
  app.get<{ Params: { name: string } }>('/assets/:name', route, (request, reply) =>
    send(request, reply, `assets/${request.params.name}`, FOR_EVER),
  )
}
