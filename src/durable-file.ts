import { copyFile, link, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorCode } from './error-code.ts'
import { newSecret } from './secret.ts'

const UNFINISHED = '.unfinished-'

/** Where something is written before it is put in its place: in the same folder, under a name that nobody asks for. */
export function unfinishedPath(folder: string): string {
  return `${folder}/${UNFINISHED}${newSecret()}`
}

/** Whether a name in a folder is that of something which was not put in its place yet, or never will be. */
export function isUnfinished(name: string): boolean {
  return name.startsWith(UNFINISHED)
}

/** Writes a file that is either whole or not there, also after a power loss; its folder has to exist. */
export async function writeDurably(path: string, bytes: Uint8Array, mode?: number): Promise<void> {
  const unfinished = unfinishedPath(dirname(path))
  try {
    await writeSynced(unfinished, bytes, mode)
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
  await syncPath(dirname(path))
}

/** Writes a new file and brings its content to the disk; its name is there for sure when its folder is synced, too. */
export async function writeSynced(path: string, bytes: Uint8Array, mode?: number): Promise<void> {
  const file = await open(path, 'wx', mode)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Keeps a file under a second name, so that it stays when the first is removed; a copy where links are not to be had. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw error
    await copyFile(from, to)
    await syncPath(to)
  }
}

/** Makes a folder that is still there after a power loss; the one it lies in has to exist. */
export async function makeFolderDurably(path: string): Promise<void> {
  await mkdir(path, { recursive: true })
  await syncPath(dirname(path))
}

/** Brings a file, or the names in a folder, to the disk. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
