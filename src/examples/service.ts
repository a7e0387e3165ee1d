import { hash } from 'node:crypto'
import type { Logger } from 'pino'
import { exampleAccount } from '../accounts/account.ts'
import { AppError, messageOf } from '../errors.ts'
import type { Example } from '../models/about.ts'
import { fullName, type Model } from '../models/model.ts'
import type { Version } from '../models/version.ts'
import { INTERRUPTED, isTerminal, type Prediction } from '../predictions/prediction.ts'
import type { PredictionService } from '../predictions/service.ts'

/** A caller waits so long for examples that were never run; the next one finds them. */
const PATIENCE_MS = 30_000
/** An example that is interrupted so often may be what brings the server down. */
const MOST_ATTEMPTS = 5

/** The examples of models: run when somebody asks for them, once for each version, and kept. */
export class Examples {
  readonly #predictions: PredictionService
  readonly #log: Logger

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
      const { found } = this.#find(fullName(model), current, example)
      if (found?.status === 'succeeded') return found
    }
    return undefined
  }

  /**
   * The run of an example, or the key under which it is to be run. What was interrupted says nothing about the model, and
   * is run again.
   */
  #find(model: string, version: Version, example: Example): { found: Prediction | undefined; key: string } {
    const account = exampleAccount(model)
    for (let attempt = 1; ; attempt++) {
      const key = keyOf(version, example, attempt)
      const found = this.#predictions.findByKey(account, key)
      if (found?.error !== INTERRUPTED || attempt === MOST_ATTEMPTS) return { found, key }
    }
  }

  /** @returns undefined for one that the model does not take */
  async #run(model: Model, version: Version, example: Example, origin: string): Promise<Prediction | undefined> {
    const name = fullName(model)
    const { found, key } = this.#find(name, version, example)
    // Another is asked for by its key: its row may be there before there is something to wait for.
    if (found && isTerminal(found.status)) return found
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
}

/** Another content, or another input, is another example. */
function keyOf({ runnable }: Version, { name, input }: Example, attempt: number): string {
  return hash('sha256', `${runnable.contentHash}\n${name}\n${attempt}\n${JSON.stringify(input)}`)
}
