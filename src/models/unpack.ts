import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { Parser, type ReadEntry } from 'tar'
import { AppError, messageOf } from '../errors.ts'
import { receiveFile } from '../files/receive-file.ts'

/** What one archive may hold. */
export interface ArchiveLimits {
  /** Folders count, too. */
  files: number
  /** Of all files together. */
  bytes: number
}

/** What an archive is to become, for messages about one that is wrong. */
export interface ArchiveKind {
  /** It as a whole: `The body` */
  whole: string
  /** One of its kind: `package` */
  name: string
  /** How to get a right one. */
  advice: string
  /** Whether each file is on the disk when it has been written. */
  durable: boolean
}

const PACKAGE: ArchiveKind = {
  whole: 'The body',
  name: 'package',
  advice: 'send one made with tar -C PACKAGE -c .',
  durable: false,
}

const LONGEST_PATH_BYTES = 1_000
/** What file systems take. */
const LONGEST_NAME_BYTES = 255
/** Headers, long names and padding of one file; archives may have as much for each file that a package may hold. */
const OVERHEAD_BYTES = 8 * 1024
/** Long names and comments of one entry. */
const LARGEST_META_BYTES = 64 * 1024

const GZIP = [0x1f, 0x8b]

/** Kinds of entries that are files; what else is no folder is refused. */
const FILES = new Set(['File', 'OldFile', 'ContiguousFile'])
const KINDS: Record<string, string> = {
  Link: 'a hard link',
  SymbolicLink: 'a symbolic link',
  CharacterDevice: 'a device',
  BlockDevice: 'a device',
  FIFO: 'a named pipe',
}

/**
 * Writes the files of a tar archive, which may be compressed with gzip, below an empty folder as they come. Each entry is
 * looked at before anything of it is written, and nothing is written any more once this has been settled.
 * @returns whether the mark is there that ends an archive
 * @throws AppError `invalid` that names the entry which is refused, `too_large`, or `malformed` for what is no archive
 */
export async function unpackTar(
  source: AsyncIterable<Uint8Array>,
  dir: string,
  limits: ArchiveLimits,
  kind = PACKAGE,
): Promise<boolean> {
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => {})
  const parsed = Promise.withResolvers<void>()
  const unpacking = new Unpacking(dir, { limits, kind }, failure.promise)
  let writing = Promise.resolve()
  let ended = false
  let failed = false
  let left = limits.bytes + limits.files * OVERHEAD_BYTES
  const parser = new Parser({
    strict: true,
    gzip: false,
    maxMetaEntrySize: LARGEST_META_BYTES,
    onReadEntry(entry) {
      // It goes on with what it has read, while the folder may be removed already.
      if (failed) return void entry.resume()
      // The next entry can come before this one has its name on the disk.
      writing = writing.then(() => unpacking.write(entry))
      writing.catch(failure.reject)
    },
  })
  parser.on('end', parsed.resolve)
  parser.on('eof', () => {
    ended = true
  })
  // What the parser passes over would be missing from the package.
  parser.on('ignoredEntry', ({ path, type }) => {
    failure.reject(refused(kind, path, `is of the kind ${type}, or its description is too long`))
  })
  parser.on('error', (error) => failure.reject(notWhole(kind, error)))
  try {
    for await (const piece of unzipped(source, kind)) {
      left -= piece.length
      if (left < 0) throw tooLong(kind, limits)
      // The parser would keep what comes after the end of the archive, and copy all of it with each piece.
      if (!ended && !parser.write(Buffer.from(piece.buffer, piece.byteOffset, piece.length)))
        await Promise.race([failure.promise, once(parser, 'drain')])
    }
    parser.end()
    await Promise.race([failure.promise, parsed.promise])
    await Promise.race([failure.promise, writing])
    return ended
  } catch (error) {
    failed = true
    failure.reject(error)
    await writing.catch(() => {})
    throw error
  }
}

/** The archive itself, also where it comes compressed. */
async function* unzipped(source: AsyncIterable<Uint8Array>, kind: ArchiveKind): AsyncGenerator<Uint8Array, void> {
  const pieces = source[Symbol.asyncIterator]()
  const first = await pieces.next()
  if (first.done) return
  const whole = Readable.from(chain(first.value, pieces))
  if (first.value[0] !== GZIP[0] || first.value[1] !== GZIP[1]) return yield* whole
  const gunzip = createGunzip()
  // What goes wrong is heard from the one that is read.
  pipeline(whole, gunzip).catch(() => {})
  try {
    yield* gunzip
  } catch (error) {
    throw notWhole(kind, error)
  }
}

async function* chain(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  try {
    yield first
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

/** What comes of an entry, until the archive turns out to be broken: then the rest of it never does. */
async function* piecesOf(entry: ReadEntry, failed: Promise<never>): AsyncGenerator<Uint8Array, void> {
  const pieces = entry[Symbol.asyncIterator]()
  for (;;) {
    const { done, value } = await Promise.race([pieces.next(), failed])
    if (done) return
    yield value
  }
}

function tooLong({ advice }: ArchiveKind, { files, bytes }: ArchiveLimits): AppError {
  return new AppError(
    'too_large',
    `The archive goes on and on: longer than one of ${files} files and ${bytes} bytes can be; ${advice}`,
  )
}

function notWhole({ whole, advice }: ArchiveKind, error: unknown): AppError {
  return new AppError('malformed', `${whole} is no whole tar archive: ${messageOf(error)}; ${advice}`)
}

class Unpacking {
  readonly #dir: string
  readonly #limits: ArchiveLimits
  readonly #kind: ArchiveKind
  readonly #failed: Promise<never>
  readonly #paths = new Set<string>()
  #bytes = 0

  constructor(dir: string, { limits, kind }: { limits: ArchiveLimits; kind: ArchiveKind }, failed: Promise<never>) {
    this.#dir = dir
    this.#limits = limits
    this.#kind = kind
    this.#failed = failed
  }

  async write(entry: ReadEntry): Promise<void> {
    const path = this.#admit(entry)
    if (path === undefined) return void entry.resume()
    const target = join(this.#dir, path)
    try {
      await mkdir(dirname(target), { recursive: true })
      await receiveFile(piecesOf(entry, this.#failed), target, {
        limitBytes: entry.size,
        durable: this.#kind.durable,
      })
    } catch (error) {
      if (isClash(error)) throw refused(this.#kind, path, 'is a file in one place and a folder in another')
      throw error
    }
  }

  /** @returns where a file is to be written; undefined for a folder, which comes with its files */
  #admit({ path: given, type, size, linkpath }: ReadEntry): string | undefined {
    const { files, bytes } = this.#limits
    const path = given.replace(/^(?:\.\/+)+|\/+$/g, '')
    if (type === 'Directory' && (path === '' || path === '.')) return
    assertInside(this.#kind, path, given)
    if (type !== 'Directory' && !FILES.has(type))
      throw refused(this.#kind, given, `is ${KINDS[type] ?? `of the kind ${type}`}${linkpath ? ` to ${linkpath}` : ''}`)
    if (this.#paths.has(path)) throw refused(this.#kind, given, 'is there twice')
    this.#paths.add(path)
    if (this.#paths.size > files)
      throw new AppError(
        'invalid',
        `The ${this.#kind.name} has more than ${files} files; put what belongs together into one`,
      )
    if (type === 'Directory') return
    this.#bytes += size
    if (this.#bytes > bytes) throw tooLarge(`The ${this.#kind.name} holds more than ${bytes} bytes with ${given}`)
    return path
  }
}

function assertInside(kind: ArchiveKind, path: string, given: string): void {
  if (given.startsWith('/')) throw refused(kind, given, 'has an absolute path')
  const parts = path.split('/')
  if (parts.includes('..')) throw refused(kind, given, `leads out of the ${kind.name}`)
  if (
    parts.some((part) => part === '' || part === '.' || Buffer.byteLength(part) > LONGEST_NAME_BYTES) ||
    /[\0\\]/.test(path) ||
    Buffer.byteLength(path) > LONGEST_PATH_BYTES
  )
    throw refused(kind, JSON.stringify(given.slice(0, LONGEST_PATH_BYTES)), `is no path that a ${kind.name} can have`)
}

function refused({ name }: ArchiveKind, path: string, fault: string): AppError {
  return new AppError('invalid', `${path} ${fault}; a ${name} holds plain files and folders only`)
}

function tooLarge(fault: string): AppError {
  return new AppError('too_large', `${fault}; the operator can raise REPRISE_PUSH_LIMIT`)
}

function isClash(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['EEXIST', 'ENOTDIR', 'EISDIR'].includes(String(error.code))
}
