import { type FileHandle, open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { formatBytes } from '../byte-size.ts'
import { readConfig } from '../config.ts'
import { AppError, messageOf } from '../errors.ts'
import { restoreBackup } from '../storage/restore.ts'
import type { Command, Terminal } from './command.ts'
import { parseFlags } from './flags.ts'

const PIECE_BYTES = 2 ** 20

/** Makes a data folder of a backup, for a server to be started on. */
export const restore: Command = async (args, terminal) => {
  const { values, positionals } = parseFlags(args, { 'data-dir': { type: 'string' }, resume: { type: 'boolean' } })
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0)
    throw new AppError('configuration', 'Say which backup: "reprise restore reprise.tar", or - for standard input')
  const folder = values['data-dir']
  const { REPRISE_DATA_DIR = '' } = terminal.environment
  const environment = REPRISE_DATA_DIR === '' ? {} : { REPRISE_DATA_DIR }
  const { dataDir } = readConfig(folder === undefined ? [] : [`--data-dir=${folder}`], environment)
  const handle = file === '-' ? undefined : await openBackup(file)
  const source = handle?.createReadStream({ highWaterMark: PIECE_BYTES }) ?? terminal.input
  const { settled, canceled } = await restoreBackup({
    source: shown(source, terminal),
    name: file === '-' ? 'standard input' : file,
    dataDir: resolve(dataDir),
    resume: values.resume === true,
    stopped: terminal.stopped,
  }).finally(() => handle?.close())
  terminal.status('')
  if (settled + canceled > 0)
    terminal.tell(
      `${settled} predictions that had not ended have failed, ${canceled} webhooks that waited are not sent; --resume would have taken them up\n`,
    )
  terminal.print(resolve(dataDir))
}

async function openBackup(file: string): Promise<FileHandle> {
  try {
    return await open(file)
  } catch (error) {
    throw new AppError('invalid', `${file} cannot be read: ${messageOf(error)}`, { cause: error })
  }
}

/** Tells how much has been read. */
async function* shown(source: AsyncIterable<Uint8Array>, { status }: Terminal): AsyncGenerator<Uint8Array, void> {
  let bytes = 0
  for await (const piece of source) {
    yield piece
    bytes += piece.length
    status(`read ${formatBytes(bytes)}`)
  }
}
