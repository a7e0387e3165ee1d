import type { Logger } from 'pino'
import type { Writer } from '../db/writer.ts'
import type { SettledTime } from '../settled-time.ts'
import { inSteps } from '../steps.ts'
import type { SweepGate } from '../sweep-gate.ts'
import type { PredictionFolders } from './folders.ts'
import type { Outbox } from './outbox.ts'
import { isTerminal } from './prediction.ts'
import { REMOVAL_STEPS } from './removal-steps.ts'
import { FIRST_ENDED, FIRST_EXAMPLE, type PredictionStore, remove, removeData } from './store.ts'

/** Looked for at least this often, more often where data lives shorter. */
const SWEEP_MS = 60_000
/** A folder that outlived its data is a leftover of a crash or of a failing disk, which are rare. */
const FOLDERS_EVERY_MS = 3_600_000

export interface DataRemovalOptions {
  store: PredictionStore
  writer: Writer
  folders: PredictionFolders
  outbox: Outbox
  gate: SweepGate
  /** Whether a folder is in use although no row may say so. */
  isActive(id: string): boolean
  /** Whether a version points to this content. */
  isServed(contentHash: string): boolean
  settled: SettledTime
  log: Logger
  /** How long the data of a prediction stays after its end. */
  retentionMs: number | 'off'
  /** How long the rest of it does. */
  recordRetentionMs: number | 'off'
}

/** Takes away what predictions took in and gave out when its time is over, then the rest, and what nothing refers to. */
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
    const { retentionMs, recordRetentionMs } = this.#options
    this.#every(FOLDERS_EVERY_MS, () => this.removeStrays())
    this.#every(FOLDERS_EVERY_MS, () => this.removeExamples())
    if (retentionMs !== 'off') this.#every(Math.min(SWEEP_MS, retentionMs), () => this.removeExpired(retentionMs))
    if (recordRetentionMs !== 'off') this.#every(SWEEP_MS, () => this.removeRecords(recordRetentionMs))
  }

  /** Ends a sweep under way after its next step; what is left is for the next start. */
  async close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#timers) clearInterval(timer)
    await this.#sweeping
  }

  /** The rows go first: a URL of a file that is gone would be a lie. */
  async removeExpired(retentionMs: number): Promise<void> {
    const { store, writer, folders, outbox, settled } = this.#options
    const by = settled.now() - retentionMs
    let mark = FIRST_ENDED
    await this.#inSteps(async (most) => {
      const ended = store.endedWithData(mark, by, most)
      mark = ended.at(-1)?.mark ?? mark
      const expired = ended.filter(({ stays }) => !stays)
      const ids = expired.map(({ id }) => id)
      if (ids.length > 0) await writer.submit([...removeData(ids), ...outbox.writesForRemoval(ids)])
      for (const { id, mayHaveFolder } of expired) if (mayHaveFolder) await folders.remove(id)
      return ended.length === most
    })
  }

  /** Removes whole rows, once their data is gone and nobody has to be told of them any more. */
  async removeRecords(recordRetentionMs: number): Promise<void> {
    const { store, writer, outbox, settled } = this.#options
    const by = settled.now() - recordRetentionMs
    await this.#inSteps(async (most) => {
      const ids = store.endedWithoutData(by, most)
      if (ids.length > 0) await writer.submit([...remove(ids), ...outbox.writesForRemoval(ids)])
      return ids.length === most
    })
  }

  /** Removes runs of examples of content that no version points to any more: nobody can ask for them. */
  async removeExamples(): Promise<void> {
    const { store, writer, folders, outbox, isServed, isActive } = this.#options
    let last = FIRST_EXAMPLE
    await this.#inSteps(async (most) => {
      const examples = store.examples(last, most)
      last = examples.at(-1) ?? last
      const stale = examples.filter(({ id, ended, contentHash }) => ended && !isActive(id) && !isServed(contentHash))
      const ids = stale.map(({ id }) => id)
      if (ids.length > 0) await writer.submit([...remove(ids), ...outbox.writesForRemoval(ids)])
      for (const id of ids) await folders.remove(id)
      return examples.length === most
    })
  }

  /** Removes folders without data, and in the others what no row names. */
  async removeStrays(): Promise<void> {
    const ids = await this.#options.folders.list()
    await this.#inSteps(async (most) => {
      for (const id of ids.splice(-most))
        await this.#tidy(id).catch((error) => {
          this.#options.log.error({ err: error, prediction: id }, 'a folder could not be tidied')
        })
      return ids.length > 0
    })
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

  async #inSteps(step: (most: number) => Promise<boolean>): Promise<void> {
    await inSteps(REMOVAL_STEPS, step, () => this.#goesOn())
  }

  async #goesOn(): Promise<boolean> {
    await this.#options.gate.pass()
    return !this.#closed
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
