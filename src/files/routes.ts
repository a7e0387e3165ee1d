import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { notFound } from '../errors.ts'
import type { OriginOf } from '../http/origin.ts'
import { formatCursor, parseCursor } from '../http/pagination.ts'
import { binary, pageOf, problems, reference } from '../http/schemas.ts'
import type { Position } from '../page.ts'
import { DownloadQuery, ListQuery, toWire, WireFile } from './schema.ts'
import { sendFile } from './send-file.ts'
import type { FileService } from './service.ts'
import { uploadRoute } from './upload-route.ts'

const Id = Type.Object({ id: Type.String() })

export const fileRoutes: FastifyPluginAsyncTypebox<{ files: FileService; originOf: OriginOf }> = async (
  app,
  { files, originOf },
) => {
  app.register(uploadRoute, { files, originOf })

  app.get(
    '/v1/files',
    {
      schema: {
        operationId: 'files.list',
        summary: 'List files, newest first',
        querystring: ListQuery,
        response: { 200: pageOf(WireFile), ...problems },
      },
    },
    async (request) => {
      const { rows, next, previous } = files.list(request.account, parseCursor(request.query.cursor))
      const origin = originOf(request)
      const link = (position: Position | undefined) =>
        position ? `${origin}/v1/files?${new URLSearchParams({ cursor: formatCursor(position) })}` : null
      const results = rows.map((file) => toWire(file, origin, files.signedQuery(file)))
      return { next: link(next), previous: link(previous), results }
    },
  )

  app.get(
    '/v1/files/:id',
    {
      schema: {
        operationId: 'files.get',
        summary: 'Get what is known about a file',
        params: Id,
        response: { 200: reference(WireFile), ...problems },
      },
    },
    async (request) => {
      const file = files.get(request.account, request.params.id)
      return toWire(file, originOf(request), files.signedQuery(file))
    },
  )

  app.delete(
    '/v1/files/:id',
    {
      schema: {
        operationId: 'files.delete',
        summary: 'Delete a file',
        params: Id,
        response: { 204: Type.Null({ description: 'The file has been deleted' }), ...problems },
      },
    },
    async (request, reply) => {
      await files.delete(request.account, request.params.id)
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/v1/files/:id/download',
    {
      attachValidation: true,
      config: { capability: true },
      schema: {
        operationId: 'files.download',
        summary: 'Download a file by a signed URL',
        security: [],
        params: Id,
        querystring: DownloadQuery,
        response: {
          200: binary,
          ...problems,
        },
      },
    },
    async (request, reply) => {
      if (request.validationError) throw notFound('File not found')
      const { owner, expiry, signature } = request.query
      const file = files.getGranted({ owner, id: request.params.id, expiry }, signature)
      // The file can be deleted at any time.
      return sendFile(request, reply, { ...file, cacheControl: 'private, no-cache' })
    },
  )
}
