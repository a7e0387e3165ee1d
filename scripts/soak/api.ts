import { setTimeout as sleep } from 'node:timers/promises'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { Agent, type BodyInit, fetch, type Response } from 'undici'
import { WirePrediction } from '../../src/predictions/schema.ts'
import type { Gate } from './gate.ts'
import type { Tally } from './tally.ts'

const TIMEOUT_MS = 90_000
/** So short that pauses find no idle connections. */
const KEEP_ALIVE_MS = 1_000
const LONGEST_RETRY_AFTER_S = 10

const ajv = new Ajv({ strict: false })
addFormats.default(ajv)
const isPrediction = ajv.compile<WirePrediction>(WirePrediction)

export interface RequestOptions {
  body?: Record<string, unknown>
  headers?: Record<string, string>
  /** Ends the request early. */
  signal?: AbortSignal
}

/** Speaks HTTP to the server; an answer that no client should get is thrown as an error. */
export class Api {
  readonly #address: string
  readonly #tally: Tally
  readonly #gate: Gate
  readonly #stopped: AbortSignal
  readonly #agent = new Agent({
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  })

  constructor(address: string, { tally, gate, stopped }: { tally: Tally; gate: Gate; stopped: AbortSignal }) {
    this.#address = address
    this.#tally = tally
    this.#gate = gate
    this.#stopped = stopped
  }

  /** Fetches a path or one of the server's URLs; where the server says when to try again, that is done. */
  async send(method: string, url: string, { body, headers = {}, signal }: RequestOptions = {}): Promise<Response> {
    const init = {
      method,
      headers: body ? { 'content-type': 'application/json', ...headers } : headers,
      ...(body ? { body: JSON.stringify(body) satisfies BodyInit } : {}),
      signal: AbortSignal.any([this.#stopped, AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])]),
      dispatcher: this.#agent,
    }
    for (;;) {
      this.#tally.requests++
      const response = await fetch(new URL(url, this.#address), init)
      if (response.ok) return response
      const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
      const problem = `${method} ${shortened(url)} was answered ${response.status}: ${(await response.text()).trim()}`
      if (response.status !== 503 || Number.isNaN(retryAfter) || this.#gate.isOutOfPatience) throw new Error(problem)
      this.#tally.deeds.add('refused with 503 and Retry-After')
      await sleep(Math.min(LONGEST_RETRY_AFTER_S, retryAfter) * 1000, undefined, { signal: this.#stopped })
    }
  }

  /** @throws Error when the answer is not a prediction as the schema describes it */
  async prediction(method: string, url: string, options?: RequestOptions): Promise<WirePrediction> {
    const answer: unknown = await (await this.send(method, url, options)).json()
    if (isPrediction(answer)) return answer
    throw new Error(
      `${method} ${shortened(url)} was answered with no prediction: ${ajv.errorsText(isPrediction.errors)}`,
    )
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }
}

function shortened(url: string): string {
  return url.slice(0, 100)
}
