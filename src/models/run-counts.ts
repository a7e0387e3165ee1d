import type { Writer } from '../db/writer.ts'
import { countRuns } from './store.ts'

/** Runs are counted in memory and written this often. */
const WRITE_MS = 1_000

/** How often models are run: a number for people, so that one which is lost with a crash is no loss. */
export class RunCounts {
  readonly #writer: Writer
  readonly #runs = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(writer: Writer) {
    this.#writer = writer
  }

  add(model: string): void {
    this.#runs.set(model, (this.#runs.get(model) ?? 0) + 1)
    this.#timer ??= setTimeout(() => void this.#write(), WRITE_MS)
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#write()
  }

  async #write(): Promise<void> {
    this.#timer = undefined
    const counts = [...this.#runs]
    this.#runs.clear()
    await Promise.allSettled(counts.map(([model, runs]) => this.#writer.submit(countRuns(model, runs))))
  }
}
