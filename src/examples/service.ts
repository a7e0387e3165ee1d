import { hash } from 'node:crypto'
import type { Logger } from 'pino'
import { exampleAccount } from '../accounts/account.ts'
import { AppError, messageOf } from '../errors.ts'
import type { Example } from '../models/about.ts'
import { fullName, type Model } from '../models/model.ts'
import type { Version } from '../models/version.ts'
import { isTerminal, type Prediction } from '../predictions/prediction.ts'
import type { PredictionService } from '../predictions/service.ts'

/** A caller waits so long for examples that were never run; the next one finds them. */
const PATIENCE_MS = 30_000
/** One that has failed, perhaps because the server was stopped or memory was short, is run again when somebody asks. */
const MOST_RUNS = 3

/** The examples of models: run when somebody asks for them, once for each version, and kept. */
export class Examples {
  readonly #predictions: PredictionService
  readonly #log: Logger
  /** Lists of models ask for them again and again, and an input may be large. */
  readonly #keys = new WeakMap<Example, { contentHash: string; key: string }>()

  constructor(predictions: PredictionService, log: Logger) {
    this.#predictions = predictions
    this.#log = log
  }

  /** Those that have been run successfully, in their order; runs those that were not, and waits for them. */
  async list(model: Model, origin: string): Promise<Prediction[]> {
    const { current } = model
    if (!current) return []
    const until = performance.now() + PATIENCE_MS
    const ended = await Promise.all(
      model.about.examples.map(async (example) => {
        const run = await this.#run(model, current, example, origin)
        return run && this.#predictions.waitForEnd(run, Math.max(0, until - performance.now()))
      }),
    )
    return ended.filter((prediction): prediction is Prediction => prediction?.status === 'succeeded')
  }

  /** The first that has been run successfully already. */
  findFirst(model: Model): Prediction | undefined {
    const { current } = model
    if (!current) return
    for (const example of model.about.examples) {
      const { last } = this.#runsOf(model, current, example)
      if (last?.status === 'succeeded') return last
    }
    return undefined
  }

  /** @returns undefined for one that the model does not take */
  async #run(model: Model, version: Version, example: Example, origin: string): Promise<Prediction | undefined> {
    const name = fullName(model)
    const { last, nextKey: key } = this.#runsOf(model, version, example)
    if (key === undefined) return last
    try {
      return await this.#predictions.create({
        account: exampleAccount(name),
        target: { version: `${name}:${version.id}` },
        fieldErrors: [],
        input: example.input,
        cancelAfterMs: undefined,
        source: 'web',
        origin,
        inline: false,
        idempotency: { key, id: undefined, method: 'POST', path: '/examples', body: example.input },
      })
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'invalid') throw error
      this.#log.warn({ model: name, example: example.name, reason: messageOf(error) }, 'an example cannot be run')
      return
    }
  }

  /** The last run of an example, and under which key it is to be asked for, if it is. */
  #runsOf(
    model: Model,
    version: Version,
    example: Example,
  ): { last: Prediction | undefined; nextKey: string | undefined } {
    const account = exampleAccount(fullName(model))
    const key = this.#keyOf(version, example)
    let last: Prediction | undefined
    for (let run = 1; run <= MOST_RUNS; run++) {
      const runKey = run === 1 ? key : `${key}-${run}`
      const found = this.#predictions.findByKey(account, runKey)
      if (!found) return { last, nextKey: runKey }
      last = found
      // Asked for again by its key: its row may be there before there is something to wait for.
      if (!isTerminal(last.status)) return { last, nextKey: runKey }
      if (last.status !== 'failed') break
    }
    return { last, nextKey: undefined }
  }

  /** Another content, or another input, is another example. */
  #keyOf({ runnable: { contentHash } }: Version, example: Example): string {
    const known = this.#keys.get(example)
    if (known?.contentHash === contentHash) return known.key
    const key = hash('sha256', `${contentHash}\n${example.name}\n${JSON.stringify(example.input)}`)
    this.#keys.set(example, { contentHash, key })
    return key
  }
}
