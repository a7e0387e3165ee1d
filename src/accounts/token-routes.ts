import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { problems, reference } from '../http/schemas.ts'
import { CreateToken, toWireNewToken, toWireToken, WireNewToken, WireTokens } from './token-schema.ts'
import type { TokenService } from './token-service.ts'

const description = 'Not part of Replicate’s API. Only for operators.'

export const tokenRoutes: FastifyPluginAsyncTypebox<{ tokens: TokenService }> = async (app, { tokens }) => {
  app.get(
    '/v1/tokens',
    {
      schema: {
        operationId: 'tokens.list',
        summary: 'List the tokens that were made over the API, oldest first',
        description,
        response: { 200: WireTokens, ...problems },
      },
    },
    async ({ account }) => {
      const results = tokens.list(account).map(toWireToken)
      return { next: null, previous: null, configured: tokens.configured, results }
    },
  )

  app.post(
    '/v1/tokens',
    {
      schema: {
        operationId: 'tokens.create',
        summary: 'Make a token for an account; the answer shows it this once',
        description: `${description} The first token closes a server that was open, and has to be of an operator.`,
        body: CreateToken,
        response: { 201: reference(WireNewToken), ...problems },
      },
    },
    async ({ account, body }, reply) => {
      reply.code(201)
      return toWireNewToken(await tokens.create(account, body.username, body.description ?? undefined))
    },
  )

  app.delete(
    '/v1/tokens/:id',
    {
      schema: {
        operationId: 'tokens.revoke',
        summary: 'Revoke a token: the next request with it is refused',
        description: `${description} The last token of an operator stays.`,
        params: Type.Object({ id: Type.String() }),
        response: { 204: Type.Null(), ...problems },
      },
    },
    async ({ account, params }, reply) => {
      await tokens.revoke(account, params.id)
      return reply.code(204).send(null)
    },
  )
}
