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
const BATCH = 500

export interface DataRemovalOptions {
  store: PredictionStore
  writer: Writer
  folders: PredictionFolders
  outbox: Outbox
  /** Whether a folder is in use although no row may say so. */
  isActive(id: string): boolean
  clock: Clock
  log: Logger
  /** How long the data of a prediction stays after its end; undefined keeps it. */
  retentionMs: number | undefined
}

/** Takes away what predictions took in and gave out when its time is over, and what nothing refers to. */
export class DataRemoval {
  readonly #options: DataRemovalOptions
  #timers: NodeJS.Timeout[] = []
  /** One at a time: they go over the same folders. */
  #sweeping: Promise<void> = Promise.resolve()

  constructor(options: DataRemovalOptions) {
    this.#options = options
  }

  /** Sweeps now, and again and again from now on. */
  start(): void {
    const { retentionMs } = this.#options
    this.#every(FOLDERS_EVERY_MS, () => this.removeStrays())
    if (retentionMs !== undefined) this.#every(Math.min(SWEEP_MS, retentionMs), () => this.removeExpired(retentionMs))
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.#sweeping
  }

  /** The rows go first: a URL of a file that is gone would be a lie. */
  async removeExpired(retentionMs: number): Promise<void> {
    const { store, writer, folders, outbox, clock } = this.#options
    for (;;) {
      const ids = store.endedWithData(clock.now() - retentionMs, BATCH)
      await writer.submit(ids.flatMap((id) => [...removeData(id), ...outbox.writesForRemoval(id)]))
      for (const id of ids) await folders.remove(id)
      if (ids.length < BATCH) return
    }
  }

  /** Removes folders without data, and in the others what no row names. */
  async removeStrays(): Promise<void> {
    const { store, folders, isActive } = this.#options
    for (const id of await folders.list()) {
      // In this order: what has ended since is in its row.
      if (isActive(id)) continue
      const prediction = store.find(id)
      if (prediction && !isTerminal(prediction.status)) continue
      const { inputParts = [], outputFiles = [] } = prediction ?? {}
      await folders.keepOnly(id, new Set([...inputParts, ...outputFiles].map(({ file }) => file)))
    }
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
