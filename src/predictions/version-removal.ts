import type { Logger } from 'pino'
import type { Write } from '../db/messages.ts'
import type { Writer } from '../db/writer.ts'
import { inSteps } from '../steps.ts'
import type { SweepGate } from '../sweep-gate.ts'
import type { PredictionFolders } from './folders.ts'
import type { Outbox } from './outbox.ts'
import { REMOVAL_STEPS } from './removal-steps.ts'
import { type PredictionStore, remove } from './store.ts'

/** Rows looked at in one go. */
const ROWS_AT_ONCE = 2_000

/** A version that was deleted. */
export interface DoomedVersion {
  /** `owner/name` */
  model: string
  id: string
}

export interface VersionRemovalOptions {
  store: PredictionStore
  writer: Writer
  folders: PredictionFolders
  outbox: Outbox
  gate: SweepGate
  /** Cancels what has not ended of a version; resolves when all of it has. */
  cancelAll(model: string, version: string): Promise<void>
  /** What is committed when nothing is left. */
  forget(doomed: DoomedVersion): Write
  /** Called after that commit. */
  onRemoved(doomed: DoomedVersion): Promise<void>
  log: Logger
}

/** Takes away the predictions of versions that were deleted, and their files, in small steps. */
export class VersionRemoval {
  readonly #options: VersionRemovalOptions
  readonly #doomed = new Set<string>()
  #working: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: VersionRemovalOptions) {
    this.#options = options
  }

  /** Begins to take away what is left of a version; if the server stops before it is done, the next one goes on. */
  add(doomed: DoomedVersion): void {
    this.#doomed.add(keyOf(doomed))
    this.#working = this.#working
      .then(() => this.#remove(doomed))
      .catch((error) => {
        this.#options.log.error(
          { err: error, ...doomed },
          'what is left of a version could not be removed; the next start tries again',
        )
      })
  }

  /** Whether something may be left of a version that was deleted. */
  isUnderWay(version: DoomedVersion): boolean {
    return this.#doomed.has(keyOf(version))
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#working
  }

  async #remove(doomed: DoomedVersion): Promise<void> {
    const { store, writer, folders, outbox, gate, cancelAll, forget, onRemoved } = this.#options
    const { model, id: version } = doomed
    await cancelAll(model, version)
    const last = store.lastRow()
    for (let from = 0; from < last; from += ROWS_AT_ONCE) {
      const ids = store.ofVersion(model, version, { from, to: from + ROWS_AT_ONCE })
      const removeSome = async (most: number) => {
        const some = ids.splice(0, most)
        await writer.submit([...remove(some), ...outbox.writesForRemoval(some)])
        // The rows go first: a URL of a file that is gone would be a lie.
        for (const id of some) await folders.remove(id)
        return ids.length > 0
      }
      if (ids.length > 0)
        await inSteps(REMOVAL_STEPS, removeSome, async () => {
          await gate.pass()
          return !this.#closed
        })
      if (this.#closed) return
      // Others have their turn between two looks.
      await new Promise(setImmediate)
    }
    await writer.submit(forget(doomed))
    this.#doomed.delete(keyOf(doomed))
    await onRemoved(doomed)
  }
}

function keyOf({ model, id }: DoomedVersion): string {
  return `${model}:${id}`
}
