import type { Stats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Pack } from 'tar'
import { AppError, messageOf } from '../errors.ts'
import { listPackage } from '../models/content-hash.ts'

/** Of a file, so much is read at once. */
const PIECE_BYTES = 2 ** 18
const BLOCK_BYTES = 512

/** A package as one stream. */
export interface PackageArchive {
  /** Of the stream, a little less where paths are long. */
  bytes: number
  /** A tar, made as it is read; the same for the same files, whoever owns them and whenever they were written. */
  read(): AsyncGenerator<Uint8Array, void>
}

/** What makes a folder a package: settings, code, or a network. */
const MARKS = /^(?:model\.yaml|predict\.[jt]s|.+\.onnx)$/

/**
 * Looks at a folder that is to be sent.
 * @param dir an absolute path
 * @throws AppError `invalid` when it is no package, or cannot be read
 */
export async function archiveOf(dir: string): Promise<PackageArchive> {
  const names = await readable(dir, () => readdir(dir))
  if (!names.some((name) => MARKS.test(name)))
    throw new AppError(
      'invalid',
      `${dir} is no package: a package is a folder with predict.ts or predict.js, a model.onnx, or a model.yaml in it`,
    )
  const files = await readable(dir, () => listPackage(dir))
  const facts = new Map<string, Stats>()
  for (const path of files) facts.set(join(dir, path), await readable(path, () => factsOf(dir, path)))
  const sizes = facts.values().map(({ size }) => BLOCK_BYTES * (1 + Math.ceil(size / BLOCK_BYTES)))
  return {
    bytes: sizes.reduce((sum, size) => sum + size, 2 * BLOCK_BYTES),
    async *read() {
      const pack = new Pack({
        cwd: dir,
        portable: true,
        noMtime: true,
        maxReadSize: PIECE_BYTES,
        statCache: facts,
      })
      for (const path of files) pack.add(path)
      pack.end()
      try {
        yield* pack
      } catch (error) {
        throw unreadable(dir, error)
      }
    },
  }
}

async function factsOf(dir: string, path: string): Promise<Stats> {
  const facts = await stat(join(dir, path))
  if (!facts.isFile()) throw new AppError('invalid', `${path} is no file and no folder; take it out of the package`)
  // Else the second name of a file is sent as a link to the first.
  facts.nlink = 1
  return facts
}

async function readable<Result>(what: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read()
  } catch (error) {
    throw error instanceof AppError ? error : unreadable(what, error)
  }
}

function unreadable(what: string, error: unknown): AppError {
  return new AppError('invalid', `${what} cannot be read: ${messageOf(error)}`, { cause: error })
}
