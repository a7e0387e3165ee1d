import { AppError } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import type { Command, Terminal } from './command.ts'
import { parseFlags, SERVER_FLAGS } from './flags.ts'
import { connect, type RunningServer, strangeAnswer } from './server.ts'
import { alignColumns } from './table.ts'

const PATH = '/v1/tokens'

/** Makes, lists and revokes tokens of a server. */
export const token: Command = async (args, terminal) => {
  const { values, positionals } = parseFlags(args, { ...SERVER_FLAGS, description: { type: 'string' } })
  const [verb, subject, ...more] = positionals
  const server = connect(values, terminal)
  const { description } = values
  if (more.length === 0) {
    if (verb === 'create' && subject !== undefined) return create(server, { username: subject, description }, terminal)
    if (verb === 'list' && subject === undefined && description === undefined) return list(server, terminal)
    if (verb === 'revoke' && subject !== undefined && description === undefined)
      return revoke(server, subject, terminal)
  }
  throw new AppError(
    'configuration',
    '"reprise token create <username>" makes a token, "reprise token list" lists them, "reprise token revoke <id>" revokes one; only create takes --description',
  )
}

/** Standard output gets the token alone, so that a script can keep it. */
async function create(
  server: RunningServer,
  request: { username: string; description: string | undefined },
  { print, tell }: Terminal,
): Promise<void> {
  const answer = await server.request('POST', PATH, { json: request })
  if (!isRecord(answer) || typeof answer.token !== 'string') throw strangeAnswer('a token')
  print(answer.token)
  tell(`Keep it: it is not shown again. Its id is ${String(answer.id)}\n`)
  if (typeof answer.notice === 'string') tell(`${answer.notice}\n`)
}

async function list(server: RunningServer, { print, tell }: Terminal): Promise<void> {
  const answer = await server.request('GET', PATH)
  if (!isRecord(answer) || !Array.isArray(answer.results)) throw strangeAnswer('a list of tokens')
  const rows = answer.results.filter(isRecord).map((row) => {
    const { id, username, created_at: created, last_used_at: used, description } = row
    return [id, username, created, used ?? 'never', description ?? ''].map(String)
  })
  if (rows.length > 0)
    for (const line of alignColumns([['ID', 'USERNAME', 'CREATED', 'LAST USED', 'DESCRIPTION'], ...rows])) print(line)
  const more = Number(answer.configured)
  if (more > 0) tell(`${more} more ${more === 1 ? 'is' : 'are'} set by REPRISE_API_TOKENS\n`)
  else if (rows.length === 0) tell('The server has no tokens: it is open to everybody on its machine\n')
}

async function revoke(server: RunningServer, id: string, { tell }: Terminal): Promise<void> {
  await server.request('DELETE', `${PATH}/${encodeURIComponent(id)}`)
  tell(`The token ${id} is revoked: requests with it are refused from now on\n`)
}
