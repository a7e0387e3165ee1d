import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AppError } from '../errors.ts'
import { drainRequests } from '../files/drain-request.ts'
import { binary, problems, reference } from '../http/schemas.ts'
import { fullName } from './model.ts'
import { ModelName, toWireVersion, WireVersion } from './schema.ts'
import type { ModelService } from './service.ts'

const TYPES = ['application/x-tar', 'application/gzip', 'application/x-gzip', 'application/octet-stream']

export const pushRoute: FastifyPluginAsyncTypebox<{ service: ModelService }> = async (app, { service }) => {
  app.removeAllContentTypeParsers()
  // It goes to the disk as it comes.
  app.addContentTypeParser(TYPES, (_request, _payload, done) => done(null))
  app.addContentTypeParser('*', (_request, _payload, done) =>
    done(new AppError('unsupported_type', `A package is sent as a tar archive, as Content-Type: ${TYPES[0]}`)),
  )
  drainRequests(app)

  app.post(
    '/v1/models/:owner/:name/versions',
    {
      // The body is a stream.
      validatorCompiler: () => () => true,
      schema: {
        operationId: 'models.versions.create',
        summary: 'Push a package, which makes a new version',
        description:
          'Not part of Replicate’s API. The body is a tar archive of the package, which may be compressed with gzip. It is answered when the setup of the model has been tried.',
        consumes: TYPES,
        params: ModelName,
        body: binary,
        response: { 201: reference(WireVersion), ...problems },
      },
    },
    async ({ account, params, raw }, reply) => {
      // What is refused is answered although more of it comes.
      const version = await service.push(account, fullName(params), raw.iterator({ destroyOnReturn: false }))
      reply.code(201)
      return toWireVersion(version)
    },
  )
}
