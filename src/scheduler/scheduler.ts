import type { Budget } from './admission.ts'
import { Lane, LaneTimes, type Reservation } from './lane.ts'
import type { Outlook } from './outlook.ts'
import { Pool, type PoolOptions } from './pool.ts'
import { PoolWatch } from './pool-watch.ts'
import { type DeploymentPlace, laneOf, type RunnableVersion } from './runnable-version.ts'
import type { Task } from './task.ts'

/** What has been measured of so many versions is remembered when they are not in use. */
const MOST_TIMES = 1_000

/** Decides which task runs where and when: one lane for each version that is asked for, one pool for all. */
export class Scheduler {
  readonly #options: PoolOptions
  readonly #lanes = new Map<string, Lane>()
  /** By name of the lane. */
  readonly #times = new Map<string, LaneTimes>()
  readonly #pool: Pool
  readonly #watch: PoolWatch
  #started = false
  #draining = false
  #onIdle: (() => void) | undefined

  constructor(options: PoolOptions) {
    this.#options = options
    this.#pool = new Pool(options, this.lanes)
    this.#watch = new PoolWatch(options, this.#pool, () => this.#forgetUnneeded())
  }

  /** Tasks of all versions that wait for a replica. */
  get queued(): number {
    let sum = 0
    for (const lane of this.#lanes.values()) sum += lane.queued
    return sum
  }

  /** Those of one account. */
  queuedOf(account: string): number {
    let sum = 0
    for (const lane of this.#lanes.values()) sum += lane.queuedOf(account)
    return sum
  }

  /** Where a task of a lane stands; undefined where it does not wait there. */
  outlookOf(lane: string, id: string): Outlook | undefined {
    return this.#lanes.get(lane)?.outlookOf(id)
  }

  /** How long it takes to run all that waits for a version; undefined where nothing has been measured. */
  drainMsOf(version: RunnableVersion): number | undefined {
    return this.#lanes.get(laneOf(version))?.drainMs
  }

  /** Can be gone through again and again. */
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

  /** Whether what is queued is run. */
  get running(): boolean {
    return this.#started && !this.#draining
  }

  /** Begins to run what is queued; until then tasks are only taken in. */
  start(): void {
    this.#started = true
    for (const lane of this.#lanes.values()) lane.start()
  }

  /**
   * Keeps as many replicas of a version loaded as its settings ask for, before anybody asks for it. To be called again
   * when the settings have changed.
   */
  warm(version: RunnableVersion): void {
    const lane = version.run.minReplicas > 0 ? this.#lane(version) : this.#lanes.get(laneOf(version))
    lane?.warm(version)
  }

  /** Takes that back: what waits and runs goes on, and what has nothing to do ends. */
  release(version: RunnableVersion): void {
    this.#lanes.get(laneOf(version))?.release()
  }

  /** How many replicas a deployment has, of its former releases, too. */
  replicasOf({ owner, name }: Pick<DeploymentPlace, 'owner' | 'name'>): number {
    let count = 0
    for (const { version, replicas } of this.#lanes.values())
      if (version.deployment?.owner === owner && version.deployment.name === name) count += replicas.size
    return count
  }

  /**
   * Loads a version to learn whether it can be set up.
   * @param log hears what the setup prints
   * @throws AppError `invalid` with the reason; the next trial begins anew
   */
  async tryOut(version: RunnableVersion, log: (text: string) => void, signal: AbortSignal): Promise<void> {
    try {
      await this.#lane(version).tryOut(log, signal)
    } catch (error) {
      const lane = this.#lanes.get(laneOf(version))
      // Somebody else may have come to need it meanwhile.
      if (lane && !lane.inUse) {
        this.#lanes.delete(laneOf(version))
        await lane.close()
      }
      throw error
    }
  }

  /** Room in a replica for a task that is about to be created, if it could run at once, or is its account's turn. */
  reserve(version: RunnableVersion, account: string): Reservation | undefined {
    return this.#lane(version).reserve(account)
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

  #forgetUnneeded(): void {
    for (const [name, lane] of this.#lanes) if (lane.unneeded) this.#lanes.delete(name)
  }

  #lane(version: RunnableVersion): Lane {
    const name = laneOf(version)
    const known = this.#lanes.get(name)
    if (known) return known
    const { clock, log, observer } = this.#options
    const lane = new Lane(version, {
      clock,
      times: this.#timesOf(name),
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
      onBatch(runnable, size) {
        if (runnable.batches) observer?.onBatch(runnable, size)
      },
      onDied(runnable, reason, cause) {
        log.warn({ model: runnable.model, reason }, 'a runner ended')
        observer?.onDied(runnable, cause)
      },
      onBroken: ({ model }, reason) => log.error({ model, reason }, 'the model cannot be set up'),
    })
    if (this.#draining) lane.drain()
    this.#lanes.set(name, lane)
    return lane
  }

  #timesOf(lane: string): LaneTimes {
    const times = this.#times.get(lane) ?? new LaneTimes()
    // Those that are asked for last are kept.
    this.#times.delete(lane)
    this.#times.set(lane, times)
    const [oldest] = this.#times.keys()
    if (this.#times.size > MOST_TIMES && oldest !== undefined) this.#times.delete(oldest)
    return times
  }
}
