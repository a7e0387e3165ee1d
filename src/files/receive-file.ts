import { createHash } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncPath, unfinishedPath } from '../durable-file.ts'

export interface ReceivedFile {
  /** Bytes. */
  size: number
  /** Lowercase hex. */
  sha256: string
  md5: string
}

/** More came than may be kept. */
export class TooLarge extends Error {
  override name = 'TooLarge'
}

/**
 * Writes what comes to a file, a piece at a time, and puts it in its place when it is whole and synced. Of what cannot
 * be finished nothing stays behind.
 * @throws TooLarge when more than `limitBytes` come, and whatever the source or the disk throws
 */
export async function receiveFile(
  source: AsyncIterable<Uint8Array>,
  path: string,
  limitBytes: number,
): Promise<ReceivedFile> {
  const unfinished = unfinishedPath(path)
  const [sha256, md5] = [createHash('sha256'), createHash('md5')]
  let size = 0
  try {
    const file = await open(unfinished, 'wx')
    try {
      for await (const piece of source) {
        size += piece.length
        if (size > limitBytes) throw new TooLarge(`More than ${limitBytes} bytes came`)
        sha256.update(piece)
        md5.update(piece)
        await file.writeFile(piece)
      }
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
  await syncPath(dirname(path))
  return { size, sha256: sha256.digest('hex'), md5: md5.digest('hex') }
}
