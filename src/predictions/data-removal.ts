import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Writer } from '../db/writer.ts'
import type { PredictionFolders } from './folders.ts'
import type { Outbox } from './outbox.ts'
import { isTerminal } from './prediction.ts'
import { type PredictionStore, removeData } from './store.ts'

/** Looked for at least this often, more often where data lives shorter. */
const SWEEP_MS = 60_000
/** A folder that outlived its data is a leftover of a crash or of a failing disk, which are rare. */
const FOLDERS_EVERY_MS = 3_600_000
/** Rows removed in one transaction: others wait for it. */
const BATCH = 100

export interface DataRemovalOptions {
  store: PredictionStore
  writer: Writer
  folders: PredictionFolders
  outbox: Outbox
  /** Whether a folder is in use although no row may say so. */
  isActive(id: string): boolean
  clock: Clock
  log: Logger
  /** How long the data of a prediction stays after its end. */
  retentionMs: number | 'off'
}

/** Takes away what predictions took in and gave out when its time is over, and what nothing refers to. */
export class DataRemoval {
  readonly #options: DataRemovalOptions
  #timers: NodeJS.Timeout[] = []
  /** One at a time: they go over the same folders. */
  #sweeping: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: DataRemovalOptions) {
    this.#options = options
  }

  /** Sweeps now, and again and again from now on. */
  start(): void {
    const { retentionMs } = this.#options
    this.#every(FOLDERS_EVERY_MS, () => this.removeStrays())
    if (retentionMs !== 'off') this.#every(Math.min(SWEEP_MS, retentionMs), () => this.removeExpired(retentionMs))
  }

  /** Ends a sweep under way after its next step; what is left is for the next start. */
  async close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#timers) clearInterval(timer)
    await this.#sweeping
  }

  /** The rows go first: a URL of a file that is gone would be a lie. */
  async removeExpired(retentionMs: number): Promise<void> {
    const { store, writer, folders, outbox, clock } = this.#options
    while (!this.#closed) {
      const ended = store.endedWithData(clock.now() - retentionMs, BATCH)
      if (ended.length === 0) return
      await writer.submit(ended.flatMap(({ id }) => [...removeData(id), ...outbox.writesForRemoval(id)]))
      for (const { id, mayHaveFolder } of ended) if (mayHaveFolder) await folders.remove(id)
    }
  }

  /** Removes folders without data, and in the others what no row names. */
  async removeStrays(): Promise<void> {
    for (const id of await this.#options.folders.list()) {
      if (this.#closed) return
      await this.#tidy(id).catch((error) => {
        this.#options.log.error({ err: error, prediction: id }, 'a folder could not be tidied')
      })
    }
  }

  async #tidy(id: string): Promise<void> {
    const { store, folders, isActive } = this.#options
    // In this order: what has ended since is in its row.
    if (isActive(id)) return
    const prediction = store.find(id)
    if (prediction && !isTerminal(prediction.status)) return
    const { inputParts = [], outputFiles = [] } = prediction ?? {}
    await folders.keepOnly(id, new Set([...inputParts, ...outputFiles].map(({ file }) => file)))
  }

  #every(periodMs: number, sweep: () => Promise<void>): void {
    const run = () => {
      this.#sweeping = this.#sweeping.then(sweep).catch((error) => {
        this.#options.log.error(
          { err: error },
          'the data of predictions could not be swept; the next sweep tries again',
        )
      })
    }
    run()
    this.#timers.push(setInterval(run, periodMs).unref())
  }
}
