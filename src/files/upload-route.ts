import multipart from '@fastify/multipart'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AppError } from '../errors.ts'
import type { OriginOf } from '../http/origin.ts'
import { problems, reference } from '../http/schemas.ts'
import { drainRequests } from './drain-request.ts'
import { toWire, UploadBody, WireFile } from './schema.ts'
import { FILE_LIMIT_BYTES, type FileService, fileTooLarge } from './service.ts'
import { readUpload } from './upload.ts'

/** A body may be as much longer than its file, for the other parts and what stands between them. */
const OTHER_PARTS_BYTES = 2 ** 20

export const uploadRoute: FastifyPluginAsyncTypebox<{ files: FileService; originOf: OriginOf }> = async (
  app,
  { files, originOf },
) => {
  app.register(multipart, {
    // Every part comes as a stream of bytes and with the name as it was sent: upload.ts says what may be in it.
    isPartAFile: () => true,
    preservePath: true,
    limits: { fileSize: FILE_LIMIT_BYTES },
  })
  // Before the body is looked at.
  app.addHook('onRequest', async ({ headers }) => {
    if (!/^multipart\/form-data(?:;|$)/i.test(headers['content-type'] ?? ''))
      throw new AppError(
        'unsupported_type',
        'Files are uploaded as Content-Type: multipart/form-data, in a part content',
      )
    if (Number(headers['content-length']) > FILE_LIMIT_BYTES + OTHER_PARTS_BYTES) throw fileTooLarge()
  })
  drainRequests(app)

  app.post(
    '/v1/files',
    {
      // The body is a stream.
      validatorCompiler: () => () => true,
      schema: {
        operationId: 'files.create',
        summary: 'Upload a file',
        consumes: ['multipart/form-data'],
        body: UploadBody,
        response: { 201: reference(WireFile), ...problems },
      },
    },
    async (request, reply) => {
      const file = await files.create(request.account, (receive) => readUpload(request.files(), receive))
      reply.code(201)
      return toWire(file, originOf(request), files.signedQuery(file))
    },
  )
}
