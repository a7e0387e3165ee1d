import { opendir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Account } from '../accounts/account.ts'
import type { Clock } from '../clock.ts'
import type { Writer } from '../db/writer.ts'
import { isDiskTrouble } from '../disk-trouble.ts'
import { isUnfinished, makeFolderDurably } from '../durable-file.ts'
import { AppError, busy, notFound } from '../errors.ts'
import { IdMaker } from '../id.ts'
import { type Page, type Position, toPage } from '../page.ts'
import { keyOf } from '../server-key.ts'
import type { SettledTime } from '../settled-time.ts'
import { inSteps, type StepRules } from '../steps.ts'
import type { SweepGate } from '../sweep-gate.ts'
import { contentTypeOf } from './content-type.ts'
import type { FileRecord, StoredFile } from './file.ts'
import { CheckedSource, receiveFile, TooLarge } from './receive-file.ts'
import type { DownloadQuery } from './schema.ts'
import { type Grant, isGranted, signatureOf } from './signature.ts'
import { type FileStore, insert, remove } from './store.ts'
import type { Receive, ReceivedFile, Upload } from './upload.ts'

/** Files have to be smaller than this (replicate-api.md 2.2). */
export const FILE_LIMIT_BYTES = 100_000_000

const PAGE_SIZE = 100
const LIFETIME_MS = 24 * 3_600_000
const SWEEP_EVERY_MS = 600_000
/** Expired files that are removed in one transaction. */
const SWEEP_STEPS: StepRules = { first: 20, least: 20, most: 200, targetMs: 20, pauseShare: 1 }

export interface FileServiceOptions {
  store: FileStore
  writer: Writer
  clock: Clock
  settled: SettledTime
  gate: SweepGate
  log: Logger
  dataDir: string
}

/** Keeps what clients upload, for a day. */
export class FileService {
  readonly #options: FileServiceOptions
  readonly #dir: string
  readonly #key: Uint8Array
  readonly #ids = new IdMaker()
  /** Uploads whose row may not be there yet. */
  readonly #arriving = new Set<string>()
  #sweeping: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #closed = false

  private constructor(options: FileServiceOptions, dir: string, key: Uint8Array) {
    this.#options = options
    this.#dir = dir
    this.#key = key
  }

  static async open(options: FileServiceOptions): Promise<FileService> {
    const dir = join(options.dataDir, 'files')
    await makeFolderDurably(dir)
    return new FileService(options, dir, await keyOf(options.dataDir, 'files'))
  }

  /**
   * Takes a file: it and its row are on disk when this resolves, and nothing of it when this rejects.
   * @param read hands the content on as it comes, and tells what else was said about it
   * @throws AppError `too_large`, `unavailable` when the disk takes no more, and whatever `read` throws
   */
  async create(account: Account, read: (receive: Receive) => Promise<Upload>): Promise<FileRecord> {
    const { writer, clock } = this.#options
    if (writer.failing) throw busy('The database cannot be written at the moment')
    const id = this.#ids.next(clock.now())
    const path = this.#pathOf(id)
    this.#arriving.add(id)
    try {
      const upload = await read((source) => receiveChecked(source, path))
      const { name, content, metadata } = upload
      const contentType = await contentTypeOf(path, { name, given: upload.contentType })
      const createdAt = clock.now()
      const expiresAt = createdAt + LIFETIME_MS
      const file = { id, account: account.username, name, contentType, ...content, metadata, createdAt, expiresAt }
      await writer.submit(insert(file))
      return file
    } catch (error) {
      await rm(path, { force: true })
      throw refusalOf(error)
    } finally {
      this.#arriving.delete(id)
    }
  }

  /** Undefined also for files of other accounts, and for those whose time is over. */
  find(account: Account, id: string): StoredFile | undefined {
    const file = this.#findPresent(id)
    return file?.account === account.username ? file : undefined
  }

  /** @throws AppError `not_found` */
  get(account: Account, id: string): StoredFile {
    const file = this.find(account, id)
    if (!file) throw fileNotFound()
    return file
  }

  list(account: Account, position: Position | undefined): Page<FileRecord> {
    const { store, clock } = this.#options
    return toPage(store.list(account.username, clock.now(), position, PAGE_SIZE), position)
  }

  /** @throws AppError `not_found` */
  async delete(account: Account, id: string): Promise<void> {
    await this.#remove([this.get(account, id).id])
  }

  /** What a URL has to say for anybody to read the file, as long as it is there. */
  signedQuery({ id, account: owner, expiresAt }: FileRecord): DownloadQuery {
    const expiry = String(Math.floor(expiresAt / 1000))
    return { owner, expiry, signature: signatureOf(this.#key, { owner, id, expiry }) }
  }

  /** Undefined whatever is wrong. */
  findGranted(grant: Grant, signature: string): StoredFile | undefined {
    const granted = isGranted(this.#key, grant, signature, this.#options.clock.now())
    return granted ? this.find({ username: grant.owner }, grant.id) : undefined
  }

  /** @throws AppError `not_found`, whatever is wrong */
  getGranted(grant: Grant, signature: string): StoredFile {
    const file = this.findGranted(grant, signature)
    if (!file) throw fileNotFound()
    return file
  }

  /** Sweeps now, and every ten minutes from now on. */
  startSweeping(): void {
    const sweep = () => {
      this.#sweeping = this.sweep().catch((error) =>
        this.#options.log.error({ err: error }, 'the uploaded files could not be swept'),
      )
    }
    sweep()
    this.#timer = setInterval(sweep, SWEEP_EVERY_MS).unref()
  }

  /** Removes what has expired, and what a crash or a failing disk left. */
  async sweep(): Promise<void> {
    const { store, settled } = this.#options
    const removeSome = async (most: number) => {
      const expired = store.expired(settled.now(), most)
      await this.#remove(expired)
      return expired.length === most
    }
    await inSteps(SWEEP_STEPS, removeSome, () => this.#goesOn())
    await this.#removeStrays()
  }

  /** Ends a sweep under way after its next step. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    await this.#sweeping
  }

  /** The row goes first: a file without a row is swept, a row without its file would be a lie. */
  async #remove(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    await this.#options.writer.submit(remove(ids))
    for (const id of ids) await this.#options.gate.remove(this.#pathOf(id), () => rm(this.#pathOf(id), { force: true }))
  }

  async #goesOn(): Promise<boolean> {
    await this.#options.gate.pass()
    return !this.#closed
  }

  async #removeStrays(): Promise<void> {
    const unfinished: string[] = []
    for await (const { name } of await opendir(this.#dir)) {
      if (!(await this.#goesOn())) return
      if (isUnfinished(name)) unfinished.push(name)
      // In this order: an upload that has arrived has its row.
      else if (!this.#arriving.has(name) && !this.#options.store.find(name))
        await rm(this.#pathOf(name), { force: true })
    }
    // Which upload writes which of them is not known; when none does, all of them are left from some other time.
    if (this.#arriving.size === 0) for (const name of unfinished) await rm(this.#pathOf(name), { force: true })
  }

  #findPresent(id: string): StoredFile | undefined {
    const file = this.#options.store.find(id)
    return file && file.expiresAt > this.#options.clock.now() ? { ...file, path: this.#pathOf(id) } : undefined
  }

  #pathOf(id: string): string {
    return join(this.#dir, id)
  }
}

async function receiveChecked(source: AsyncIterable<Uint8Array>, path: string): Promise<ReceivedFile> {
  const checked = new CheckedSource(source)
  const size = await receiveFile(checked, path, { limitBytes: FILE_LIMIT_BYTES - 1, durable: true })
  return { size, ...checked.checksums() }
}

function fileNotFound(): AppError {
  return notFound('File not found')
}

function refusalOf(error: unknown): unknown {
  if (error instanceof TooLarge) return fileTooLarge()
  return isDiskTrouble(error) ? busy('The disk takes no more at the moment', error) : error
}

export function fileTooLarge(): AppError {
  return new AppError('too_large', 'Files must be less than 100MB in size')
}
