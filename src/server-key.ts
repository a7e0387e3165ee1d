import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolderDurably, writeDurably } from './durable-file.ts'
import { errorCode } from './error-code.ts'
import { AppError } from './errors.ts'

const LENGTH = 32

/**
 * A key of this server, `keys/<name>` in the data folder; made at the first start.
 * @returns 32 bytes
 * @throws AppError `configuration` when the file holds something else
 */
export async function keyOf(dataDir: string, name: string): Promise<Uint8Array> {
  const folder = join(dataDir, 'keys')
  const path = join(folder, name)
  const key = (await read(path)) ?? (await make(folder, path))
  if (key.length === LENGTH) return key
  throw new AppError(
    'configuration',
    `The key ${path} has ${key.length} bytes instead of ${LENGTH}; put back a copy that is whole, or remove it: a new one is made, and what was signed or sealed with the old one is worth nothing`,
  )
}

async function read(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return
    throw error
  }
}

async function make(folder: string, path: string): Promise<Uint8Array> {
  const key = randomBytes(LENGTH)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await makeFolderDurably(folder)
  await writeDurably(path, key, 0o600)
  return key
}
