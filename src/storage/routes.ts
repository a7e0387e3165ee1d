import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { Account } from '../accounts/account.ts'
import type { Operators } from '../accounts/operators.ts'
import type { Upkeep } from '../db/upkeep.ts'
import { AppError } from '../errors.ts'
import { problems, reference } from '../http/schemas.ts'
import type { Backups } from './backups.ts'
import { WireVacuum } from './schema.ts'

export const storageRoutes: FastifyPluginAsyncTypebox<{
  upkeep: Upkeep
  backups: Backups
  operators: Operators
}> = async (app, { upkeep, backups, operators }) => {
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

  app.post(
    '/v1/backup',
    {
      schema: {
        operationId: 'backup',
        summary: 'Read a backup of the server',
        description:
          'Not part of Replicate’s API, and for operators only. A tar archive with the database and the files that it tells of; it holds the keys and secrets of the server. Requests go on meanwhile. There is one at a time.',
        response: { 200: tar, ...problems },
      },
    },
    async ({ account }, reply) => {
      assertOperator(operators, account, 'read a backup')
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort(new AppError('unavailable', 'The client is gone')))
      const archive = await backups.make(gone.signal)
      return reply.header('content-type', 'application/x-tar').header('cache-control', 'no-store').send(archive)
    },
  )
}

const tar = Type.Unsafe<unknown>({
  content: { 'application/x-tar': { schema: { type: 'string', format: 'binary' } } },
})

/** @throws AppError `forbidden` */
function assertOperator(operators: Operators, account: Account, what: string): void {
  if (operators.includes(account)) return
  const { username } = account
  throw new AppError('forbidden', `Only operators may ${what}; REPRISE_OPERATORS does not name ${username}`)
}
