import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import { DATABASE_FILE } from '../db/open.ts'
import { isDiskTrouble } from '../disk-trouble.ts'
import { unfinishedPath } from '../durable-file.ts'
import { errorCode } from '../error-code.ts'
import { AppError, busy } from '../errors.ts'
import { siblingModule } from '../sibling-module.ts'
import type { SweepGate } from '../sweep-gate.ts'
import type { StageResult } from './backup-thread.ts'
import { MANIFEST } from './places.ts'
import type { StageOptions } from './stage-backup.ts'
import { tarOfFolder } from './tar-stream.ts'

/** Who takes nothing of a backup for so long gets no more of it. */
const IDLE_MS = 60_000
const RETRY_AFTER_SECONDS = 30

export interface BackupsOptions {
  dataDir: string
  gate: SweepGate
  log: Logger
}

/** Makes backups of a server that runs: one at a time, in a thread of its own, while files stay where they are. */
export class Backups {
  readonly #options: BackupsOptions
  readonly #closing = new AbortController()
  /** Resolves when nothing is left of the backup that is being made. */
  #current: Promise<void> | undefined

  constructor(options: BackupsOptions) {
    this.#options = options
  }

  /** Breaks off the backup that is being made. */
  async close(): Promise<void> {
    this.#closing.abort(new AppError('unavailable', 'The server is shutting down'))
    await this.#current
  }

  /**
   * A tar with the database as it is now and the files that it tells of, made as it is read.
   * @param gone aborted when nobody wants it any more
   * @throws AppError `unavailable` while another is being made, or when the disk has no room for a copy of the database
   */
  async make(gone: AbortSignal): Promise<Readable> {
    if (this.#current)
      throw new AppError('unavailable', 'A backup is being made already; try again when it has been read', {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      })
    const over = Promise.withResolvers<void>()
    this.#current = over.promise
    const { dataDir, log } = this.#options
    const staging = unfinishedPath(dataDir)
    let ended = false
    const end = async () => {
      if (ended) return
      ended = true
      await rm(staging, { recursive: true, force: true }).catch((error) =>
        log.warn({ err: error, staging }, 'what a backup has left could not be removed; the next start does it'),
      )
      this.#current = undefined
      over.resolve()
    }
    const signal = AbortSignal.any([gone, this.#closing.signal])
    try {
      await this.#stage({ dataDir, staging }, signal)
      signal.throwIfAborted()
    } catch (error) {
      await end()
      signal.throwIfAborted()
      throw isFull(error) ? busy('The disk has no room for a copy of the database', error) : error
    }
    const archive = async function* () {
      yield* tarOfFolder(staging, [MANIFEST, DATABASE_FILE])
      // Whoever has read all of it may ask for another at once.
      await end()
    }
    const stream = readableOf(archive(), signal)
    // Not only when it is read to its end.
    stream.once('close', () => void end())
    stream.on('error', (error) => log.warn({ err: error }, 'a backup was broken off'))
    return stream
  }

  /** What others take away meanwhile stays until all of it has a second name. */
  async #stage(options: StageOptions, signal: AbortSignal): Promise<void> {
    const open = this.#options.gate.hold()
    const thread = new Worker(siblingModule(import.meta.url, './backup-thread'), {
      workerData: options,
      name: 'backup',
    })
    try {
      const [result]: StageResult[] = await once(thread, 'message', { signal })
      if (result) throw Object.assign(new Error(result.message), { code: result.code })
    } finally {
      await thread.terminate()
      void open()
    }
  }
}

/** A stream that ends when nobody reads it any more. */
function readableOf(pieces: AsyncIterable<Uint8Array>, signal: AbortSignal): Readable {
  async function* watched() {
    for await (const piece of pieces) {
      idle.refresh()
      yield piece
    }
  }
  const stream = Readable.from(watched(), { objectMode: false })
  const idle = setTimeout(() => stream.destroy(new Error(`Nothing of it was read for ${IDLE_MS / 1000} s`)), IDLE_MS)
  const stop = () => void stream.destroy(signal.reason instanceof Error ? signal.reason : undefined)
  signal.addEventListener('abort', stop, { once: true })
  stream.once('close', () => {
    clearTimeout(idle)
    signal.removeEventListener('abort', stop)
  })
  return stream
}

function isFull(error: unknown): boolean {
  return isDiskTrouble(error) || errorCode(error) === 'SQLITE_FULL'
}
