import { createHash } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncPath, unfinishedPath } from '../durable-file.ts'

/** More came than may be kept. */
export class TooLarge extends Error {
  override name = 'TooLarge'
}

export interface ReceiveOptions {
  limitBytes: number
  /** Whether it is on the disk, name included, when it has been received; else a power loss may take it. */
  durable: boolean
}

/**
 * Writes what comes to a file, a piece at a time, and puts it in its place when it is whole. Of what cannot be finished
 * nothing stays behind. Whoever links to the file later shares its content, so it cannot be written again.
 * @returns its size in bytes
 * @throws TooLarge when more than `limitBytes` come, and whatever the source or the disk throws
 */
export async function receiveFile(
  source: AsyncIterable<Uint8Array>,
  path: string,
  { limitBytes, durable }: ReceiveOptions,
): Promise<number> {
  const unfinished = unfinishedPath(dirname(path))
  let size = 0
  try {
    const file = await open(unfinished, 'wx', 0o444)
    try {
      for await (const piece of source) {
        size += piece.length
        if (size > limitBytes) throw new TooLarge(`More than ${limitBytes} bytes came`)
        await file.writeFile(piece)
      }
      if (durable) await file.sync()
    } finally {
      await file.close()
    }
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
  if (durable) await syncPath(dirname(path))
  return size
}

export interface Checksums {
  /** Lowercase hex. */
  sha256: string
  md5: string
}

/** Hands on what comes, and keeps count of its checksums. */
export class CheckedSource {
  readonly #source: AsyncIterable<Uint8Array>
  readonly #sha256 = createHash('sha256')
  readonly #md5 = createHash('md5')

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const piece of this.#source) {
      this.#sha256.update(piece)
      this.#md5.update(piece)
      yield piece
    }
  }

  /** Of all that came; can be asked for once. */
  checksums(): Checksums {
    return { sha256: this.#sha256.digest('hex'), md5: this.#md5.digest('hex') }
  }
}
