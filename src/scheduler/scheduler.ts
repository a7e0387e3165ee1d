import type { Budget } from './admission.ts'
import { Lane, type Reservation } from './lane.ts'
import { Pool, type PoolOptions } from './pool.ts'
import { PoolWatch } from './pool-watch.ts'
import { laneOf, type RunnableVersion } from './runnable-version.ts'
import type { Task } from './task.ts'

/** Decides which task runs where and when: lanes for each version that has been asked for, one pool for all. */
export class Scheduler {
  readonly #options: PoolOptions
  readonly #lanes = new Map<string, Lane>()
  readonly #pool: Pool
  readonly #watch: PoolWatch
  #started = false
  #draining = false
  #onIdle: (() => void) | undefined

  constructor(options: PoolOptions) {
    this.#options = options
    this.#pool = new Pool(options, this.lanes)
    this.#watch = new PoolWatch(options, this.#pool)
  }

  /** Tasks of all versions that wait for a replica. */
  get queued(): number {
    let sum = 0
    for (const lane of this.#lanes.values()) sum += lane.queued
    return sum
  }

  /** Can be gone through again and again, and grows. */
  get lanes(): Iterable<Lane> {
    return { [Symbol.iterator]: () => this.#lanes.values() }
  }

  get budget(): Budget {
    return this.#options.budget
  }

  /** The runner that waits for a model. */
  get spare(): Pool['spare'] {
    return this.#pool.spare
  }

  /** Begins to run what is queued; until then tasks are only taken in. */
  start(): void {
    this.#started = true
    for (const lane of this.#lanes.values()) lane.start()
  }

  /** Loads a version before anybody asks for it. */
  warm(version: RunnableVersion): void {
    this.#lane(version).warm()
  }

  /** Room in a replica for a task that is about to be created, if it could run at once. */
  reserve(version: RunnableVersion): Reservation | undefined {
    return this.#lane(version).reserve()
  }

  enqueue(version: RunnableVersion, task: Task): void {
    this.#lane(version).enqueue(task)
  }

  /** Forgets a task that has ended for its owner, wherever it is. */
  abandon(lane: string, id: string): void {
    this.#lanes.get(lane)?.abandon(id)
  }

  /** Starts nothing any more. Resolves when what runs has ended; queued tasks are left alone. */
  async drain(): Promise<void> {
    this.#draining = true
    for (const lane of this.#lanes.values()) lane.drain()
    if (this.#busy) await new Promise<void>((resolve) => (this.#onIdle = resolve))
  }

  /** Ends every runner; resolves when their processes are gone. */
  async close(): Promise<void> {
    this.#draining = true
    this.#watch.stop()
    this.#pool.close()
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close()))
  }

  get #busy(): boolean {
    return [...this.#lanes.values()].some((lane) => lane.busy)
  }

  /** Ends the wait of a drain when nothing runs any more. */
  #tellIdle(): void {
    if (this.#onIdle && !this.#busy) this.#onIdle()
  }

  #lane(version: RunnableVersion): Lane {
    const name = laneOf(version)
    const known = this.#lanes.get(name)
    if (known) return known
    const { clock, log } = this.#options
    const lane = new Lane(version, {
      clock,
      started: () => this.#started,
      startReplica: (runnable, share, listener) => {
        this.#watch.start()
        return this.#pool.startReplica(runnable, share, listener)
      },
      onDemand: () => this.#pool.grant(),
      onIdle: () => {
        this.#pool.grant()
        this.#tellIdle()
      },
      onServerLog: ({ model }, text) => log.info({ model }, text.trimEnd()),
      onDied: ({ model }, reason) => log.warn({ model, reason }, 'a runner ended'),
      onBroken: ({ model }, reason) => log.error({ model, reason }, 'the model cannot be set up'),
    })
    if (this.#draining) lane.drain()
    this.#lanes.set(name, lane)
    return lane
  }
}
