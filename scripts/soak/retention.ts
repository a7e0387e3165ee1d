import type { Api } from './api.ts'
import { RETENTION_MS } from './server.ts'
import type { Tally } from './tally.ts'

/** The sweep comes once a minute, and takes its time on a busy machine. */
const SWEPT_AFTER_MS = RETENTION_MS + 60_000 + 20_000
const SAMPLE_EVERY_MS = 5_000

/** Looks at some of the ended predictions again when their data has to be gone. */
export class Retention {
  readonly #tally: Tally
  #sample: { id: string; at: number }[] = []

  constructor(tally: Tally) {
    this.#tally = tally
  }

  remember(id: string): void {
    const now = performance.now()
    if (now - (this.#sample.at(-1)?.at ?? Number.NEGATIVE_INFINITY) > SAMPLE_EVERY_MS)
      this.#sample.push({ id, at: now })
  }

  async check(api: Api): Promise<void> {
    const due = performance.now() - SWEPT_AFTER_MS
    const old = this.#sample.filter(({ at }) => at < due)
    this.#sample = this.#sample.filter(({ at }) => at >= due)
    for (const { id } of old) {
      const { data_removed: removed, model } = await api.prediction('GET', `/v1/predictions/${id}`)
      this.#tally.deeds.add('looked whether old data is gone')
      if (!removed) this.#tally.unexpected(`the data of ${model} ${id} outlived the sweep`)
    }
  }
}
