import type { Clock } from '../clock.ts'
import type { Writer } from '../db/writer.ts'
import { messageOf } from '../errors.ts'
import { doneWithin } from '../timer.ts'
import { probe } from './store.ts'

/** What a write has shown holds for this long. */
const PROBE_EVERY_MS = 2_000
/** A write that takes longer counts as one that fails, until it is done. */
const PATIENCE_MS = 1_000

export interface ReadinessOptions {
  writer: Pick<Writer, 'submit' | 'failing'>
  clock: Clock
  /** How many packages of those that were there at the start have not been looked at yet. */
  pendingPackages(): number
  /** Whether predictions are run. */
  isRunning(): boolean
  isDraining(): boolean
}

export const CHECKS = ['database', 'packages', 'runners', 'server'] as const
export type Check = (typeof CHECKS)[number]

/** Tells whether the server can do what it is for, and if not, what is amiss. */
export class Readiness {
  readonly #options: ReadinessOptions
  #probedAt = Number.NEGATIVE_INFINITY
  #probing: Promise<void> | undefined
  #trouble: string | undefined

  constructor(options: ReadinessOptions) {
    this.#options = options
  }

  /** What is amiss, by check; nothing when all is well. */
  async troubles(): Promise<Partial<Record<Check, string>>> {
    const { pendingPackages, isRunning, isDraining } = this.#options
    // First: whoever balances load has to hear of it at once.
    if (isDraining()) return { server: 'The server is shutting down' }
    const database = await this.#databaseTrouble()
    const pending = pendingPackages()
    return {
      ...(database === undefined ? {} : { database }),
      // Their names are not for everybody.
      ...(pending === 0 ? {} : { packages: `Still to be looked at: ${pending}` }),
      ...(isRunning() ? {} : { runners: 'Predictions are not run yet' }),
    }
  }

  /** However many ask, there is one small write in two seconds; none while nobody does. */
  async #databaseTrouble(): Promise<string | undefined> {
    const { writer, clock } = this.#options
    if (writer.failing) return 'The database cannot be written at the moment'
    if (clock.monotonic() - this.#probedAt >= PROBE_EVERY_MS) this.#probing ??= this.#probe()
    if (this.#probing && !(await doneWithin(PATIENCE_MS, this.#probing)))
      return 'The database takes long to write at the moment'
    return this.#trouble
  }

  async #probe(): Promise<void> {
    const { writer, clock } = this.#options
    try {
      await writer.submit(probe(clock.now()))
      this.#trouble = undefined
    } catch (error) {
      this.#trouble = messageOf(error)
    }
    this.#probedAt = clock.monotonic()
    this.#probing = undefined
  }
}
