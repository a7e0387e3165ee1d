import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { LaunchRunner } from '../runner/host.ts'
import { Lane, type Reservation } from './lane.ts'
import { Replica } from './replica.ts'
import type { RunnableVersion } from './runnable-version.ts'
import type { Task } from './task.ts'

export interface SchedulerOptions {
  launch: LaunchRunner
  clock: Clock
  log: Logger
  /** Cores that all runners share. */
  threads: number
  /** Where each prediction has its folder. */
  predictionsDir: string
}

/** Decides which task runs where and when: one lane for each version that has been asked for. */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #lanes = new Map<string, Lane>()
  #started = false
  #draining = false
  #onIdle: (() => void) | undefined

  constructor(options: SchedulerOptions) {
    this.#options = options
  }

  /** Tasks of all versions that wait for a replica. */
  get queued(): number {
    let sum = 0
    for (const lane of this.#lanes.values()) sum += lane.queued
    return sum
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
  abandon(contentHash: string, id: string): void {
    this.#lanes.get(contentHash)?.abandon(id)
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
    const known = this.#lanes.get(version.contentHash)
    if (known) return known
    const { clock, log } = this.#options
    const lane = new Lane(version, {
      clock,
      started: () => this.#started,
      startReplica: (runnable, listener) =>
        new Replica(
          runnable,
          { ...this.#options, threads: this.#threadsFor(runnable) },
          {
            ...listener,
            onFree: () => {
              listener.onFree()
              this.#tellIdle()
            },
            onEnd: (end) => {
              listener.onEnd(end)
              this.#tellIdle()
            },
          },
        ),
      onServerLog: ({ model }, text) => log.info({ model }, text.trimEnd()),
      onDied: ({ model }, reason) => log.warn({ model, reason }, 'a runner ended'),
      onBroken: ({ model }, reason) => log.error({ model, reason }, 'the model cannot be set up'),
    })
    if (this.#draining) lane.drain()
    this.#lanes.set(version.contentHash, lane)
    return lane
  }

  /** An equal share of the cores, fixed when the replica loads, unless the package says otherwise. */
  #threadsFor({ run }: RunnableVersion): number {
    const active = [...this.#lanes.values()].filter((lane) => lane.active).length
    return run.threads ?? Math.max(1, Math.floor(this.#options.threads / (active + 1)))
  }
}
