import type { Clock } from '../clock.ts'
import type { Replica, ReplicaEnd, ReplicaListener } from './replica.ts'
import type { RunnableVersion } from './runnable-version.ts'
import type { Task } from './task.ts'
import { TaskQueue } from './task-queue.ts'

/** A version that could not be set up is tried again after this. */
const BROKEN_MS = 5 * 60_000
/** Waits before a version whose process died during setup is tried again; after the last it counts as broken. */
const CRASH_BACKOFF_MS = [100, 1_000]

export interface LaneOptions {
  clock: Clock
  /** Whether tasks may be run yet. */
  started(): boolean
  startReplica(version: RunnableVersion, listener: ReplicaListener): Replica
  onServerLog(version: RunnableVersion, text: string): void
  onDied(version: RunnableVersion, reason: string): void
  onBroken(version: RunnableVersion, reason: string): void
}

/** Room in a ready replica, taken before the task exists. */
export interface Reservation {
  run(task: Task): void
  release(): void
}

/** The tasks of one version that wait, and the replica that runs them. */
export class Lane {
  readonly version: RunnableVersion
  readonly #options: LaneOptions
  readonly #queue = new TaskQueue()
  #replica: Replica | undefined
  #broken: { reason: string; until: number } | undefined
  #crashes = 0
  #backoff: NodeJS.Timeout | undefined
  #draining = false

  constructor(version: RunnableVersion, options: LaneOptions) {
    this.version = version
    this.#options = options
  }

  get queued(): number {
    return this.#queue.size
  }

  get active(): boolean {
    return this.#replica !== undefined
  }

  get busy(): boolean {
    return this.#replica?.busy ?? false
  }

  /** Why the version cannot run at present. */
  get brokenReason(): string | undefined {
    if (this.#broken && this.#options.clock.monotonic() >= this.#broken.until) this.#broken = undefined
    return this.#broken?.reason
  }

  /** Loads the version although no task waits for it. */
  warm(): void {
    if (this.brokenReason === undefined) this.#launch()
  }

  /** Room for one task right now, past nobody who waits. */
  reserve(): Reservation | undefined {
    const replica = this.#replica
    if (this.#draining || this.#queue.size > 0 || !replica || replica.room === 0) return
    replica.hold(1)
    return {
      run: (task) => {
        replica.release(1)
        if (!replica.send([task])) this.enqueue(task)
      },
      release: () => replica.release(1),
    }
  }

  enqueue(task: Task): void {
    const reason = this.brokenReason
    if (reason !== undefined) return task.onFailed(reason)
    this.#queue.push(task)
    this.#dispatch()
  }

  /** Begins to run what was taken in before tasks could be run. */
  start(): void {
    this.#dispatch()
  }

  /** Takes a task out of the queue, or tells the process to stop it. */
  abandon(id: string): void {
    if (!this.#queue.delete(id)) this.#replica?.abandon(id)
  }

  /** Starts no further task; what runs goes on. */
  drain(): void {
    this.#draining = true
    clearTimeout(this.#backoff)
  }

  /** Ends the process; resolves when it is gone. */
  async close(): Promise<void> {
    this.drain()
    this.#replica?.kill()
    await this.#replica?.ended
  }

  #launch(): void {
    if (this.#replica || this.#draining || this.#backoff) return
    this.#replica = this.#options.startReplica(this.version, {
      onReady: () => this.#dispatch(),
      onFree: () => this.#dispatch(),
      onServerLog: (text) => this.#options.onServerLog(this.version, text),
      onEnd: (end) => this.#onEnd(end),
    })
  }

  #dispatch(): void {
    if (this.#draining || this.#queue.size === 0 || !this.#options.started()) return
    const replica = this.#replica
    if (!replica) return this.#launch()
    const room = replica.room
    if (room > 0) void this.#claimAndSend(replica, this.#queue.take(room))
  }

  /** A task is sent only after its claim is on disk, so that a restart never runs it twice. */
  async #claimAndSend(replica: Replica, tasks: Task[]): Promise<void> {
    replica.hold(tasks.length)
    await Promise.all(tasks.map((task) => task.claim()))
    const claimed = tasks.filter((task) => task.wanted)
    replica.release(tasks.length)
    if (claimed.length > 0 && !replica.send(claimed)) this.#queue.pushFront(claimed)
  }

  #onEnd({ reason, untouched, neverRan }: ReplicaEnd): void {
    this.#replica = undefined
    if (!this.#draining) this.#options.onDied(this.version, reason)
    this.#queue.pushFront(untouched)
    if (neverRan) return this.#onSetupFailure(reason, neverRan.crashed)
    this.#crashes = 0
    if (this.version.run.minReplicas > 0) this.#launch()
    else this.#dispatch()
  }

  #onSetupFailure(reason: string, crashed: boolean): void {
    // Perhaps the end of the server itself; what waits is for the next one.
    if (this.#draining) return
    const wait = crashed ? CRASH_BACKOFF_MS[this.#crashes++] : undefined
    if (wait === undefined) return this.#break(reason)
    this.#backoff = setTimeout(() => {
      this.#backoff = undefined
      if (this.version.run.minReplicas > 0 || this.#queue.size > 0) this.#launch()
    }, wait)
  }

  #break(reason: string): void {
    this.#crashes = 0
    this.#broken = { reason, until: this.#options.clock.monotonic() + BROKEN_MS }
    this.#options.onBroken(this.version, reason)
    for (const task of this.#queue.take(this.#queue.size)) task.onFailed(reason)
  }
}
