import { setTimeout as sleep } from 'node:timers/promises'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import type { Api } from './api.ts'
import { type Gate, PATIENCE_MS } from './gate.ts'
import type { Random } from './random.ts'
import type { Retention } from './retention.ts'
import type { Tally } from './tally.ts'

const FIRST_POLL_MS = 20
const LONGEST_POLL_MS = 400
const KILLED = /was ended by SIGKILL/

/** How a prediction may end. A failure that comes of a kill by the soak is always expected. */
export interface Expectation {
  /** Throws when the output of a success is wrong; without it a success is unexpected. */
  output?: (output: unknown) => unknown
  failure?: RegExp
  canceled?: boolean
}

export interface VisitorOptions {
  api: Api
  tally: Tally
  gate: Gate
  random: Random
  retention: Retention
}

/** One client, and how it follows what it has created to the end. */
export class Visitor {
  readonly api: Api
  readonly tally: Tally
  readonly random: Random
  readonly #gate: Gate
  readonly #retention: Retention

  constructor({ api, tally, gate, random, retention }: VisitorOptions) {
    this.api = api
    this.tally = tally
    this.random = random
    this.#gate = gate
    this.#retention = retention
  }

  create(model: string, input: Record<string, unknown>, headers: Record<string, string> = {}): Promise<WirePrediction> {
    return this.api.prediction('POST', `/v1/models/${model}/predictions`, { body: { input }, headers })
  }

  /** Creates, follows to the end and judges. */
  async run(
    model: string,
    input: Record<string, unknown>,
    expectation: Expectation,
    headers: Record<string, string> = {},
  ): Promise<void> {
    await this.judge(await this.follow(await this.create(model, input, headers), headers), expectation)
  }

  async cancel({ id }: WirePrediction): Promise<WirePrediction> {
    this.tally.deeds.add('cancels')
    return this.api.prediction('POST', `/v1/predictions/${id}/cancel`)
  }

  /** Asks again and again until it has ended. */
  async follow(prediction: WirePrediction, headers: Record<string, string> = {}): Promise<WirePrediction> {
    let pauseMs = FIRST_POLL_MS
    let latest = prediction
    while (latest.completed_at === undefined) {
      if (this.#gate.isOutOfPatience)
        throw new Error(
          `${latest.model} ${latest.id} is ${latest.status} ${PATIENCE_MS / 1000} s after the load stopped; it was created at ${latest.created_at}, and its logs end in ${JSON.stringify(latest.logs.slice(-200))}`,
        )
      await sleep(pauseMs)
      pauseMs = Math.min(LONGEST_POLL_MS, pauseMs * 1.5)
      latest = await this.api.prediction('GET', `/v1/predictions/${latest.id}`, { headers })
    }
    return latest
  }

  /** Counts how a prediction has ended, and whether it was to end so. */
  async judge(ended: WirePrediction, { output, failure, canceled = false }: Expectation): Promise<void> {
    const { id, model, status, error, data_removed: dataRemoved } = ended
    this.tally.outcomes.add(`${model} ${status}`)
    this.#retention.remember(id)
    if (status === 'failed') {
      this.tally.addCause(error ?? 'no error')
      if (failure?.test(error ?? '')) return
      if (KILLED.test(error ?? '') && this.tally.takeKill(model)) return
      this.tally.unexpected(`${model} ${id} failed: ${error}`)
    } else if (status === 'canceled') {
      if (!canceled) this.tally.unexpected(`${model} ${id} was canceled, and nobody had asked for it`)
    } else if (status !== 'succeeded' || output === undefined) {
      this.tally.unexpected(`${model} ${id} is ${status}, and was to end otherwise`)
    } else if (!dataRemoved) {
      try {
        await output(ended.output)
      } catch (reason) {
        this.tally.unexpected(`${model} ${id} has a wrong output: ${reason}`)
      }
    }
  }
}
