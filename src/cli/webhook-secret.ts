import { AppError } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import type { Command } from './command.ts'
import { runningServer } from './server.ts'

/** Prints the secret that the webhooks of an account are signed with, or makes another. */
export const webhookSecret: Command = async (args, { environment, print }) => {
  const { server, words } = runningServer(args, environment)
  const [verb = 'show', ...more] = words
  if (more.length > 0 || (verb !== 'show' && verb !== 'rotate'))
    throw new AppError(
      'configuration',
      '"reprise webhook-secret" shows the secret, "reprise webhook-secret rotate" makes another',
    )
  const path = '/v1/webhooks/default/secret'
  const answer = verb === 'show' ? await server.request('GET', path) : await server.request('POST', `${path}/rotate`)
  if (!isRecord(answer) || typeof answer.key !== 'string')
    throw new AppError(
      'invalid',
      'The server answered something else than a secret; is --url that of a Reprise server?',
    )
  print(answer.key)
}
