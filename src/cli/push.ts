import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { formatBytes } from '../byte-size.ts'
import { AppError } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import { isModelName } from '../models/model-name.ts'
import type { Command, Terminal } from './command.ts'
import { parseFlags, SERVER_FLAGS } from './flags.ts'
import { archiveOf, type PackageArchive } from './package-archive.ts'
import { connect, Refusal, strangeAnswer } from './server.ts'

/** Sends a package to a server and prints the id of the version that it made of it. */
export const push: Command = async (args, terminal) => {
  const { values, positionals } = parseFlags(args, SERVER_FLAGS)
  const [folder, name, ...more] = positionals
  if (folder === undefined || name === undefined || more.length > 0)
    throw new AppError('configuration', 'Say what to send and as which model: "reprise push ./digits acme/digits"')
  if (!isModelName(name))
    throw new AppError('configuration', `A model is named owner/name, such as acme/digits; "${name}" is not`)
  const server = connect(values, terminal)
  const dir = resolve(folder)
  if (!(await isFolder(dir))) throw new AppError('invalid', `There is no folder ${dir}`)
  const archive = await archiveOf(dir)
  try {
    const path = `/v1/models/${name}/versions`
    const version = await server.send(path, 'application/x-tar', shown(archive, terminal))
    if (!isRecord(version) || typeof version.id !== 'string') throw strangeAnswer('a version')
    terminal.print(version.id)
  } catch (error) {
    // What the model's setup wrote before it failed.
    if (error instanceof Refusal && typeof error.problem.logs === 'string' && error.problem.logs !== '')
      terminal.tell(`${error.problem.logs.trimEnd()}\n`)
    throw error
  }
}

async function isFolder(path: string): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined)
  return facts?.isDirectory() ?? false
}

/** Tells how much has been sent. */
async function* shown(archive: PackageArchive, { status }: Terminal): AsyncGenerator<Uint8Array, void> {
  let sent = 0
  for await (const piece of archive.read()) {
    yield piece
    sent += piece.length
    status(`sent ${formatBytes(Math.min(sent, archive.bytes))} of ${formatBytes(archive.bytes)}`)
  }
  status('sent; the server looks at it')
}
