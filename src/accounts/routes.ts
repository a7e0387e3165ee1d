import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { problems, reference } from '../http/schemas.ts'
import { toWireAccount, WireAccount } from './schema.ts'

export const accountRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/v1/account',
    {
      schema: {
        operationId: 'account.get',
        summary: 'Get the account of the token',
        response: { 200: reference(WireAccount), ...problems },
      },
    },
    async ({ account }) => toWireAccount(account),
  )
}
