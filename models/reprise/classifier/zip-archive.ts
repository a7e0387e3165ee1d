import type { FileInput } from 'reprise/model'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { asMegabytes, grouped, MOST_ENTRIES, MOST_PICTURE_BYTES, MOST_UNPACKED_BYTES } from './limits.ts'

const FILE_KIND = 0o170000
const SYMBOLIC_LINK = 0o120000
const UNICODE_PATH = 0x7075

/** The files of a zip, which stay in it: they are read one by one, and never written anywhere. */
export interface ZipArchive {
  /** Of all files, with slashes. */
  readonly paths: string[]
  /** @throws when the zip is damaged there, or holds more bytes than it says */
  read(path: string): Promise<Buffer>
  close(): void
}

/** @throws what is wrong with a file that is no zip, or with what it says that it holds, before anything is unpacked */
export async function openZip({ path, name }: FileInput, signal: AbortSignal): Promise<ZipArchive> {
  const zip = await readable(name, signal, () => openPromise(path, { autoClose: false, validateEntrySizes: true }))
  try {
    const entries = await listFiles(zip, name, signal)
    return {
      paths: [...entries.keys()],
      read: (path) => readable(name, signal, () => unpack(zip, entries.get(path), signal)),
      close: () => zip.close(),
    }
  } catch (error) {
    zip.close()
    throw error
  }
}

async function listFiles(zip: ZipFile, name: string, signal: AbortSignal): Promise<Map<string, Entry>> {
  if (zip.entryCount > MOST_ENTRIES) throw tooManyEntries(name, zip.entryCount)
  const files = new Map<string, Entry>()
  let bytes = 0
  const entries = zip.eachEntry()
  for (;;) {
    signal.throwIfAborted()
    const { done, value: entry } = await readable(name, signal, () => entries.next())
    if (done) return files
    const path = pathOf(entry)
    assertHarmless(entry, path, name)
    bytes += entry.uncompressedSize
    if (bytes > MOST_UNPACKED_BYTES)
      throw new Error(
        `${name} unpacks to more than ${asMegabytes(MOST_UNPACKED_BYTES)}. Send smaller pictures or fewer of them; ` +
          `a side of 256 pixels is enough`,
      )
    if (!path.endsWith('/')) files.set(path, entry)
  }
}

function tooManyEntries(name: string, count: number): Error {
  return new Error(
    `${name} holds ${grouped(count)} files and folders, and may hold at most ${grouped(MOST_ENTRIES)}. Leave some out`,
  )
}

function assertHarmless(entry: Entry, path: string, name: string): void {
  if (path.includes('\0'))
    throw new Error(`${name} holds a file with a NUL in its name: ${JSON.stringify(path)}. Rename it`)
  if (entry.isEncrypted()) throw new Error(`${name} is encrypted: ${path} needs a password. Pack it without one`)
  if (((entry.externalFileAttributes >>> 16) & FILE_KIND) === SYMBOLIC_LINK)
    throw new Error(`${name} holds a symbolic link, ${path}. Pack the pictures themselves in its place`)
  if (entry.uncompressedSize > MOST_PICTURE_BYTES)
    throw new Error(
      `${path} in ${name} unpacks to ${asMegabytes(entry.uncompressedSize)}, and a picture may have at most ` +
        `${asMegabytes(MOST_PICTURE_BYTES)}. Make it smaller or leave it out`,
    )
}

/** Some programs write UTF-8 and do not say so. */
function pathOf({ fileName, fileNameRaw, generalPurposeBitFlag, extraFields }: Entry): string {
  const isSaid = (generalPurposeBitFlag & 0x800) !== 0 || extraFields.some(({ id }) => id === UNICODE_PATH)
  if (isSaid) return fileName
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(fileNameRaw).replaceAll('\\', '/')
  } catch {
    return fileName
  }
}

async function unpack(zip: ZipFile, entry: Entry | undefined, signal: AbortSignal): Promise<Buffer> {
  if (!entry) throw new RangeError('There is no such file')
  const stream = await zip.openReadStreamPromise(entry)
  const chunks: Buffer[] = []
  try {
    for await (const chunk of stream) {
      signal.throwIfAborted()
      chunks.push(chunk)
    }
  } finally {
    stream.destroy()
  }
  return Buffer.concat(chunks)
}

/** What the reader of zips has to say, with what to do about it. */
async function readable<Result>(name: string, signal: AbortSignal, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read()
  } catch (error) {
    signal.throwIfAborted()
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(
      `${name} cannot be read as a zip of pictures: ${reason}. Pack the folders again, as an ordinary zip`,
      {
        cause: error,
      },
    )
  }
}
