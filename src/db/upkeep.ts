import { stat } from 'node:fs/promises'
import type { Database } from 'better-sqlite3'
import type { Logger } from 'pino'
import { inSteps, type StepRules } from '../steps.ts'
import type { SweepGate } from '../sweep-gate.ts'
import type { Writer } from './writer.ts'

const LOOK_MS = 60_000
/** Pages that stay free: what comes next takes them, and the file does not have to grow again. */
const SPARE_PAGES = 1_024
/** A log longer than this is emptied when there is nothing else to do. */
const LONG_LOG_BYTES = 4 * 2 ** 20
const IDLE_MS = 2_000

/** Pages given back at once, while nobody waits for it and while somebody does. */
const AT_LEISURE: StepRules = { first: 64, least: 32, most: 512, targetMs: 5, pauseShare: 8 }
const ASKED_FOR: StepRules = { first: 32, least: 16, most: 256, targetMs: 3, pauseShare: 5 }

export interface UpkeepOptions {
  /** Of the database. */
  path: string
  writer: Writer
  reader: Database
  gate: SweepGate
  log: Logger
}

/** Gives back to the disk what the database does not need any more, in small steps between the writes of others. */
export class Upkeep {
  readonly #options: UpkeepOptions
  readonly #freePages
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: UpkeepOptions) {
    this.#options = options
    this.#freePages = options.reader.prepare<[], number>('PRAGMA freelist_count').pluck()
  }

  /** Looks now, and every minute from now on. */
  start(): void {
    const look = () => {
      this.#working = this.#working
        .then(() => this.#look())
        .catch((error) => this.#options.log.warn({ err: error }, 'free pages could not be given back to the disk'))
    }
    look()
    this.#timer = setInterval(look, LOOK_MS).unref()
  }

  /** Ends what is under way after its next step. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    await this.#working
  }

  /** Gives back every free page and empties the log, as far as nobody reads what is in it. @returns bytes on the disk */
  async giveBackAll(): Promise<{ before: number; after: number }> {
    const before = await this.#bytes()
    await this.#giveBack(0, ASKED_FOR)
    // The file itself gets shorter only when what is in the log goes into it.
    await this.#options.writer.do({ chore: 'empty-log' })
    return { before, after: await this.#bytes() }
  }

  async #look(): Promise<void> {
    const { writer } = this.#options
    await this.#giveBack(SPARE_PAGES, AT_LEISURE)
    const { log } = await this.#sizes()
    if (!this.#closed && log > LONG_LOG_BYTES && writer.isIdleFor(IDLE_MS)) await writer.do({ chore: 'empty-log' })
  }

  async #giveBack(spare: number, rules: StepRules): Promise<void> {
    const { writer, gate } = this.#options
    const step = async (most: number) => {
      const free = this.#free() - spare
      if (free <= 0) return false
      await writer.do({ chore: 'give-back', pages: Math.min(free, most) })
      return free > most
    }
    await inSteps(rules, step, async () => {
      await gate.pass()
      return !this.#closed
    })
  }

  #free(): number {
    return this.#freePages.get() ?? 0
  }

  async #bytes(): Promise<number> {
    const { database, log } = await this.#sizes()
    return database + log
  }

  async #sizes(): Promise<{ database: number; log: number }> {
    const { path } = this.#options
    const [database, log] = await Promise.all([stat(path), stat(`${path}-wal`).catch(() => undefined)])
    return { database: database.size, log: log?.size ?? 0 }
  }
}
