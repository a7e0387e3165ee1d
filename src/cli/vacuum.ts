import { formatBytes } from '../byte-size.ts'
import { AppError } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import type { Command } from './command.ts'
import { parseFlags, SERVER_FLAGS } from './flags.ts'
import { connect, strangeAnswer } from './server.ts'

/** Has a server give back to the disk what its database does not need any more. */
export const vacuum: Command = async (args, terminal) => {
  const { values, positionals } = parseFlags(args, SERVER_FLAGS)
  if (positionals.length > 0) throw new AppError('configuration', '"reprise vacuum" takes nothing but flags')
  const server = connect(values, terminal)
  terminal.status('the server gives back what it does not need')
  const answer = await server.send('/v1/vacuum', 'application/json', nothing())
  if (!isRecord(answer)) throw strangeAnswer('what was given back')
  const { bytes_before: before, bytes_after: after } = answer
  if (typeof before !== 'number' || typeof after !== 'number') throw strangeAnswer('what was given back')
  terminal.print(`${before} bytes before (${formatBytes(before)}), ${after} bytes after (${formatBytes(after)})`)
}

async function* nothing(): AsyncGenerator<Uint8Array, void> {}
