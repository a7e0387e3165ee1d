import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { problems } from '../http/schemas.ts'

const Account = Type.Object(
  { type: Type.Literal('user'), username: Type.String(), name: Type.String() },
  { $id: 'Account', description: 'Whom the token belongs to.' },
)

export const accountRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/v1/account',
    {
      schema: {
        operationId: 'account.get',
        summary: 'Get the account of the token',
        response: { 200: Account, ...problems },
      },
    },
    async ({ account: { username } }) => ({ type: 'user' as const, username, name: username }),
  )
}
