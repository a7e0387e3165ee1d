import { readFile } from 'node:fs/promises'
import type { Static } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import { WireRunners } from '../../src/scheduler/schema.ts'
import type { Api } from './api.ts'
import type { Random } from './random.ts'
import { Counts, type Tally } from './tally.ts'

const isRunners = new Ajv({ strict: false }).compile<Static<typeof WireRunners>>(WireRunners)
const SHORTEST_PEACE_MS = 4_000
const LONGEST_PEACE_MS = 12_000
/** Its failures would not tell a fault from a kill. */
const SPARED = 'replicate/hello-world'

/** The server's runners: which there have been, and now and then the end of one. */
export class RunnerWatch {
  readonly #api: Api
  readonly #tally: Tally
  readonly #random: Random
  readonly #serverPid: number
  /** Runners that have a model, by process. */
  #present = new Map<number, string>()
  /** Those that are gone, by model. */
  readonly gone = new Counts()
  /** Every process, spare included. */
  pids: number[] = []
  peakMemoryBytes = 0
  #nextKillAt = performance.now() + LONGEST_PEACE_MS

  constructor(options: { api: Api; tally: Tally; random: Random; serverPid: number }) {
    this.#api = options.api
    this.#tally = options.tally
    this.#random = options.random
    this.#serverPid = options.serverPid
  }

  async look(mayKill: boolean): Promise<void> {
    const answer: unknown = await (await this.#api.send('GET', '/v1/runners')).json()
    if (!isRunners(answer)) throw new Error('GET /v1/runners was not answered as its schema says')
    this.peakMemoryBytes = Math.max(this.peakMemoryBytes, answer.memory_used_bytes ?? 0)
    this.pids = answer.results.flatMap(({ pid }) => pid ?? [])
    const present = new Map(answer.results.flatMap(({ pid, model }) => (pid && model ? [[pid, model] as const] : [])))
    for (const [pid, model] of this.#present) if (!present.has(pid)) this.gone.add(model)
    this.#present = present
    if (!mayKill || performance.now() < this.#nextKillAt) return
    const busy = answer.results.filter(({ state, model }) => state === 'busy' && model !== SPARED)
    const victim = busy[this.#random.below(busy.length)]
    if (victim?.pid && victim.model) await this.#kill(victim.pid, victim.model)
  }

  async #kill(pid: number, model: string): Promise<void> {
    // Ids of processes are used again: this one has to be the server's child.
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
    if (!new RegExp(`^PPid:\\s+${this.#serverPid}$`, 'm').test(status)) return
    this.#tally.addKill(model)
    process.kill(pid, 'SIGKILL')
    this.#nextKillAt = performance.now() + SHORTEST_PEACE_MS + this.#random.below(LONGEST_PEACE_MS - SHORTEST_PEACE_MS)
  }
}
