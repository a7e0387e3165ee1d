import { AppError } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import type { Command } from './command.ts'
import { parseFlags, SERVER_FLAGS } from './flags.ts'
import { connect, strangeAnswer } from './server.ts'

/** Prints the secret that the webhooks of an account are signed with, or makes another. */
export const webhookSecret: Command = async (args, terminal) => {
  const { values, positionals } = parseFlags(args, SERVER_FLAGS)
  const server = connect(values, terminal)
  const [verb = 'show', ...more] = positionals
  if (more.length > 0 || (verb !== 'show' && verb !== 'rotate'))
    throw new AppError(
      'configuration',
      '"reprise webhook-secret" shows the secret, "reprise webhook-secret rotate" makes another',
    )
  const path = '/v1/webhooks/default/secret'
  const answer = verb === 'show' ? await server.request('GET', path) : await server.request('POST', `${path}/rotate`)
  if (!isRecord(answer) || typeof answer.key !== 'string') throw strangeAnswer('a secret')
  terminal.print(answer.key)
}
