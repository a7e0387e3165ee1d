import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolderDurably, syncPath, writeSynced } from '../durable-file.ts'
import { isRecord } from '../is-record.ts'
import { PACKAGE_FOLDER } from './protocol.ts'

/** What one training may make: bounds against one that never stops. */
const MOST_FILES = 1_000
const MOST_BYTES = 4 * 2 ** 30
const LONGEST_PATH = 1_000
/** Bytes; file systems take no longer names. */
const LONGEST_NAME = 255
const DEEPEST = 16

/**
 * Writes the files of a package, as a training returned them, below the folder of its run; they are on disk when this
 * resolves.
 * @param signal of the run: once it is aborted the folder is gone, and nothing more is written
 * @throws when they are no files, too much, or lie elsewhere than in the package
 */
export async function writePackage(files: unknown, folder: string, signal: AbortSignal): Promise<void> {
  const contents = readContents(files)
  signal.throwIfAborted()
  const root = join(folder, PACKAGE_FOLDER)
  await makeFolderDurably(folder)
  await makeFolderDurably(root)
  const folders = new Set([root])
  for (const [path, bytes] of contents) {
    signal.throwIfAborted()
    for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) folders.add(join(root, parent))
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeSynced(join(root, path), bytes)
  }
  for (const written of folders) await syncPath(written)
}

function readContents(files: unknown): Map<string, Uint8Array> {
  if (!isRecord(files) || files instanceof Uint8Array || files instanceof Map)
    throw new Error("train has to return the files of a package by their paths: { 'predict.ts': …, 'weights.bin': … }")
  const entries = Object.entries(files)
  if (entries.length === 0) throw new Error('train returned no files; a package has a predict.ts at least')
  if (entries.length > MOST_FILES) throw new Error(`train returned ${entries.length} files; ${MOST_FILES} are the most`)
  const contents = new Map<string, Uint8Array>()
  let bytes = 0
  for (const [path, content] of entries) {
    const reason = whyBad(path)
    if (reason !== undefined) throw new Error(`train returned a file ${JSON.stringify(path.slice(0, 100))}: ${reason}`)
    if (typeof content !== 'string' && !(content instanceof Uint8Array))
      throw new Error(`train returned a file ${path} that is neither a Uint8Array nor a text, but ${typeof content}`)
    const written = typeof content === 'string' ? Buffer.from(content) : content
    bytes += written.length
    if (bytes > MOST_BYTES)
      throw new Error(`The files that train returned are larger than ${MOST_BYTES} bytes together`)
    contents.set(path, written)
  }
  for (const path of contents.keys())
    for (let parent = dirname(path); parent !== '.'; parent = dirname(parent))
      if (contents.has(parent)) throw new Error(`train returned ${parent} as a file, and ${path} as one in it`)
  return contents
}

function whyBad(path: string): string | undefined {
  const names = path.split('/')
  if (path.length > LONGEST_PATH) return `its path is longer than ${LONGEST_PATH} characters`
  if (names.length > DEEPEST) return `it lies more than ${DEEPEST} folders deep`
  if (path.startsWith('/')) return 'its path has to be relative'
  if (/[\0\\]/.test(path)) return 'its path has a character that no path can have'
  if (names.includes('..')) return 'its path leads out of the package'
  if (names.includes('')) return 'its path has an empty name'
  if (names.some((name) => name.startsWith('.') || name === 'node_modules'))
    return 'what begins with a dot, and node_modules, are no part of a package'
  if (names.some((name) => Buffer.byteLength(name) > LONGEST_NAME)) return `a name is longer than ${LONGEST_NAME} bytes`
  return
}
