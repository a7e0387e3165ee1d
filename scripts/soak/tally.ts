import { print } from './print.ts'

/** A kill explains a failure of its model for so long. */
const KILL_EXPLAINS_MS = 30_000
const MOST_PRINTED = 50
/** Error texts differ in what they name; beyond so many kinds they are counted together. */
const MOST_KINDS = 100

/** Counts by name, for a bounded number of names. */
export class Counts {
  readonly #counts = new Map<string, number>()

  add(name: string, count = 1): void {
    const key = this.#counts.has(name) || this.#counts.size < MOST_KINDS ? name : 'others'
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count)
  }

  get(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  get total(): number {
    return this.entries().reduce((sum, [, count]) => sum + count, 0)
  }

  entries(): [string, number][] {
    return [...this.#counts].sort(([a], [b]) => a.localeCompare(b))
  }
}

/** What has happened so far, as counts. */
export class Tally {
  /** Ended predictions by `model status`. */
  readonly outcomes = new Counts()
  readonly causes = new Counts()
  /** What clients did beside creating. */
  readonly deeds = new Counts()
  /** Runners killed by the soak, by model. */
  readonly kills = new Counts()
  requests = 0
  unexpectedCount = 0
  readonly #recentKills = new Map<string, number[]>()

  unexpected(text: string): void {
    this.unexpectedCount++
    if (this.unexpectedCount <= MOST_PRINTED) print(`UNEXPECTED at ${new Date().toISOString()}: ${text}`)
  }

  addCause(error: string): void {
    this.causes.add(normalised(error))
  }

  addKill(model: string): void {
    this.kills.add(model)
    this.#recentKills.set(model, [...this.#kills(model), performance.now()])
  }

  /** Takes one kill of a model for the reason of one failure: a kill fails one prediction at most. */
  takeKill(model: string): boolean {
    const [taken, ...others] = this.#kills(model)
    this.#recentKills.set(model, others)
    return taken !== undefined
  }

  #kills(model: string): number[] {
    const since = performance.now() - KILL_EXPLAINS_MS
    return (this.#recentKills.get(model) ?? []).filter((at) => at > since)
  }
}

/** Without what differs from one prediction to the next. */
function normalised(error: string): string {
  return error.replace(/-?\d+(?:\.\d+)?/g, 'N').slice(0, 120)
}
