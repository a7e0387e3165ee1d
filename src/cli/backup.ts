import { link, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { formatBytes } from '../byte-size.ts'
import { syncPath } from '../durable-file.ts'
import { errorCode } from '../error-code.ts'
import { AppError, messageOf } from '../errors.ts'
import type { Command, Terminal } from './command.ts'
import { parseFlags, SERVER_FLAGS } from './flags.ts'
import { connect, type RunningServer } from './server.ts'

/** Writes a backup of a running server to a file, whole or not at all. */
export const backup: Command = async (args, terminal) => {
  const { values, positionals } = parseFlags(args, { ...SERVER_FLAGS, force: { type: 'boolean' } })
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0)
    throw new AppError(
      'configuration',
      'Say where the backup goes: "reprise backup reprise.tar", or - for standard output',
    )
  const server = connect(values, terminal)
  if (file === '-') return toStandardOutput(server, terminal)
  const path = resolve(file)
  const force = values.force === true
  await assertWritable(path, force)
  terminal.status('the server copies its database')
  // Before anything is opened: a server makes one backup at a time, and so nobody else writes this file.
  await write(path, force, shown(await server.receive('/v1/backup'), terminal))
  const { size } = await stat(path)
  terminal.status('')
  terminal.tell(`${file}: ${formatBytes(size)}; it holds the keys and secrets of the server\n`)
}

async function toStandardOutput(server: RunningServer, terminal: Terminal): Promise<void> {
  for await (const piece of await server.receive('/v1/backup')) await terminal.writeBytes(piece)
}

/** Tells how much has come. */
async function* shown(pieces: AsyncIterable<Uint8Array>, { status }: Terminal): AsyncGenerator<Uint8Array, void> {
  let bytes = 0
  for await (const piece of pieces) {
    yield piece
    bytes += piece.length
    status(`received ${formatBytes(bytes)}`)
  }
}

/** Before the server does any work for it. */
async function assertWritable(path: string, force: boolean): Promise<void> {
  const facts = await stat(path).catch(() => undefined)
  if (facts && !force) throw exists(path)
  if (facts && !facts.isFile()) throw new AppError('configuration', `${path} is no file that could be written over`)
  const parent = await stat(dirname(path)).catch(() => undefined)
  if (!parent?.isDirectory()) throw new AppError('configuration', `There is no folder ${dirname(path)}`)
}

async function write(path: string, force: boolean, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  // Always the same: the next try writes over what one has left that was killed.
  const unfinished = `${path}.unfinished`
  try {
    // For its owner alone: there are keys in it.
    const file = await open(unfinished, 'w', 0o600)
    try {
      for await (const piece of pieces) await file.writeFile(piece)
      await file.sync()
    } finally {
      await file.close()
    }
    if (force) await rename(unfinished, path)
    else await linkTo(unfinished, path)
  } catch (error) {
    if (error instanceof AppError) throw error
    throw errorCode(error) === 'EEXIST'
      ? exists(path)
      : new AppError('invalid', `${path} cannot be written: ${messageOf(error)}`, { cause: error })
  } finally {
    await rm(unfinished, { force: true })
  }
  await syncPath(dirname(path))
}

/** Unlike a rename it replaces nothing. */
async function linkTo(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw error
    // Not every file system has second names.
    await assertWritable(to, false)
    await rename(from, to)
  }
}

function exists(path: string): AppError {
  return new AppError('configuration', `${path} is there already; --force writes over it`)
}
