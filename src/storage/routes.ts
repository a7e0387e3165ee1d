import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Account } from '../accounts/account.ts'
import type { Operators } from '../accounts/operators.ts'
import type { Upkeep } from '../db/upkeep.ts'
import { AppError } from '../errors.ts'
import { problems, reference } from '../http/schemas.ts'
import { WireVacuum } from './schema.ts'

export const storageRoutes: FastifyPluginAsyncTypebox<{
  upkeep: Upkeep
  operators: Operators
}> = async (app, { upkeep, operators }) => {
  app.post(
    '/v1/vacuum',
    {
      schema: {
        operationId: 'vacuum',
        summary: 'Give back to the disk what the database does not need any more',
        description:
          'Not part of Replicate’s API, and for operators only. It is answered when all is given back; requests go on meanwhile.',
        response: { 200: reference(WireVacuum), ...problems },
      },
    },
    async ({ account }) => {
      assertOperator(operators, account, 'give back space')
      const { before, after } = await upkeep.giveBackAll()
      return { bytes_before: before, bytes_after: after }
    },
  )
}

/** @throws AppError `forbidden` */
function assertOperator(operators: Operators, account: Account, what: string): void {
  if (operators.includes(account)) return
  const { username } = account
  throw new AppError('forbidden', `Only operators may ${what}; REPRISE_OPERATORS does not name ${username}`)
}
