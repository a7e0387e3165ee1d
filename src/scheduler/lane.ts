import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { ProviderChoice } from '../runner/execution-provider.ts'
import type { Wish } from './admission.ts'
import { LoadProgress } from './load-progress.ts'
import { MovingAverage } from './moving-average.ts'
import type { EndCause } from './observer.ts'
import { type Outlook, outlookOf } from './outlook.ts'
import type { Replica, ReplicaEnd, ReplicaListener } from './replica.ts'
import { laneOf, type RunnableVersion } from './runnable-version.ts'
import { type Breakage, SetupFailures } from './setup-failures.ts'
import type { Task } from './task.ts'
import { TaskQueue } from './task-queue.ts'

/** What a replica is given of what all share. */
export interface Share {
  threads: number
  devices: readonly ProviderChoice[]
}

export interface LaneOptions {
  clock: Clock
  /** What has been measured before of the version. */
  times: LaneTimes
  /** Whether tasks may be run yet. */
  started(): boolean
  startReplica(version: RunnableVersion, share: Share, listener: ReplicaListener): Replica
  /** The lane has come to lack a replica. */
  onDemand(): void
  /** Nothing runs any more, or a replica is gone: there is more for others. */
  onIdle(): void
  onServerLog(version: RunnableVersion, text: string): void
  onBatch(version: RunnableVersion, size: number): void
  onDied(version: RunnableVersion, reason: string, cause: EndCause): void
  onBroken(version: RunnableVersion, reason: string): void
}

/** What runs and loads of one version take, in milliseconds. */
export class LaneTimes {
  readonly run = new MovingAverage()
  readonly load = new MovingAverage()
}

/** Room in a ready replica, taken before the task exists. */
export interface Reservation {
  /** The lane that it is of. */
  readonly lane: string
  run(task: Task): void
  release(): void
}

/**
 * A replica that a lane would like to have: its first, because tasks wait and nothing can run them; one more, because
 * those it has are full; or one that is kept although nothing waits.
 */
export interface Demand {
  kind: Wish['kind']
  /** By the monotonic clock. */
  since: number
}

/** Somebody who wants to know whether the version can be set up. */
interface Trial {
  log(text: string): void
  succeed(): void
  fail(reason: string): void
}

/** The tasks of one version that wait, and the replicas that run them. */
export class Lane {
  #version: RunnableVersion
  readonly #options: LaneOptions
  readonly #queue = new TaskQueue<Task>()
  /** Members of batches that ended their process: each is run once more, alone. */
  readonly #secondChances = new TaskQueue<Task>()
  readonly #replicas = new Set<Replica>()
  readonly #progress: LoadProgress
  #demandedSince: number | undefined
  #kept = 0
  /** Whether nobody is expected to ask for it again: what has nothing to do ends. */
  #released = false
  /** Tasks that are being claimed, and room that is taken for tasks to come. */
  #promised = 0
  /** How many there are to be for once, when what is to be loaded has been. */
  #restored = 0
  /** Who waits to hear whether the version can be set up. */
  readonly #trials = new Set<Trial>()
  readonly #failures: SetupFailures
  /** Of replicas beyond the first: that one cannot be loaded says nothing against those that serve. */
  readonly #growthFailures: SetupFailures
  #draining = false

  constructor(version: RunnableVersion, options: LaneOptions) {
    this.#version = version
    this.#options = options
    this.#failures = new SetupFailures(options.clock)
    this.#growthFailures = new SetupFailures(options.clock)
    this.#progress = new LoadProgress({
      clock: options.clock,
      doing: () => this.#doing(),
      tell: (text) => {
        for (const task of this.#queue) task.onLog(text)
      },
    })
  }

  get version(): RunnableVersion {
    return this.#version
  }

  get queued(): number {
    return this.#queue.size + this.#secondChances.size
  }

  /** How many tasks of an account wait for a replica. */
  queuedOf(account: string): number {
    return this.#queue.sizeOf(account) + this.#secondChances.sizeOf(account)
  }

  get replicas(): ReadonlySet<Replica> {
    return this.#replicas
  }

  /** How many replicas it has that have not been asked to end. */
  get size(): number {
    let count = 0
    for (const replica of this.#replicas) if (!replica.retiring) count++
    return count
  }

  /** How many of them stay although they have nothing to do. */
  get kept(): number {
    return this.#kept
  }

  get busy(): boolean {
    for (const replica of this.#replicas) if (replica.busy) return true
    return false
  }

  /** Whether it can be forgotten: it has nothing, is to keep nothing, and remembers no failure. */
  get unneeded(): boolean {
    return (
      this.queued + this.#promised + this.#replicas.size + this.#kept + this.#restored + this.#trials.size === 0 &&
      this.#failures.mayTry &&
      this.#growthFailures.mayTry
    )
  }

  /** Whether something waits or runs here, or is being tried. */
  get inUse(): boolean {
    return this.queued + this.#promised + this.#kept + this.#trials.size > 0 || this.busy
  }

  /** Why the version cannot run at present. */
  get broken(): Breakage | undefined {
    return this.#failures.broken
  }

  /** The replica that the lane lacks, if any; from the first time that it is asked the lane remembers since when. */
  takeDemand(): Demand | undefined {
    const kind = this.#demandKind()
    this.#demandedSince = kind && (this.#demandedSince ?? this.#options.clock.monotonic())
    return kind && { kind, since: this.#demandedSince ?? 0 }
  }

  #demandKind(): Demand['kind'] | undefined {
    // What is being tried is for something that runs already.
    if ((this.#draining && this.#trials.size === 0) || !this.#failures.mayTry) return
    const { size } = this
    if (this.#trials.size > 0 && size === 0) return 'first'
    if (this.queued > 0 && this.#options.started() && !this.#draining) {
      if (size === 0) return 'first'
      const { maxReplicas } = this.version.run
      if (size < maxReplicas && !this.#loading && this.#full && this.#growthFailures.mayTry) return 'more'
    }
    return size < Math.max(this.#kept, this.#restored) ? 'kept' : undefined
  }

  /** What is being done for those who wait. */
  #doing(): string {
    const { model } = this.version
    if (this.#loading) return `Loading ${model}`
    return this.#failures.mayTry ? `Waiting for memory to load ${model}` : `Waiting to try again to load ${model}`
  }

  get #loading(): boolean {
    for (const replica of this.#replicas) if (replica.loading) return true
    return false
  }

  get #ready(): boolean {
    for (const replica of this.#replicas) if (replica.readyAt !== undefined && !replica.retiring) return true
    return false
  }

  get #full(): boolean {
    for (const replica of this.#replicas) if (replica.room > 0) return false
    return true
  }

  /** From now on keeps as many replicas as the settings ask for, and has no more than they allow. */
  warm(version: RunnableVersion): void {
    this.#version = version
    this.#released = false
    this.#kept = version.run.minReplicas
    this.#endSurplus()
    this.#options.onDemand()
  }

  /**
   * Loads the version although no task waits, to learn whether it can be. Resolves when a replica is ready, and rejects
   * with the reason when none can be had.
   * @param log hears what the setup prints
   */
  tryOut(log: (text: string) => void, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    if (this.#ready) return Promise.resolve()
    if (this.broken) return Promise.reject(new AppError('invalid', this.broken.reason))
    const trial = { log, succeed: resolve, fail: (reason: string) => reject(new AppError('invalid', reason)) }
    const stop = () => trial.fail('The trial of the setup was given up')
    this.#trials.add(trial)
    signal.addEventListener('abort', stop)
    this.#options.onDemand()
    return promise.finally(() => {
      this.#trials.delete(trial)
      signal.removeEventListener('abort', stop)
    })
  }

  /** Keeps nothing loaded any more: what waits still runs, and what has nothing to do ends, unless more comes. */
  release(): void {
    this.#kept = 0
    this.#restored = 0
    this.#released = true
    this.#endReleased()
  }

  /** Ends an idle replica and has another take its place. */
  reload(replica: Replica): void {
    this.#restored = this.size
    replica.retire()
  }

  /** Starts a replica for what is demanded. */
  launch(share: Share): void {
    this.#demandedSince = undefined
    this.#restored = 0
    const replica = this.#options.startReplica(this.version, share, {
      onReady: () => {
        this.#options.times.load.add(this.#options.clock.monotonic() - replica.launchedAt)
        this.#progress.end(`Loaded ${this.version.model}`)
        for (const trial of this.#trials) trial.succeed()
        this.#dispatch()
        this.#endReleased()
      },
      onFree: () => {
        this.#dispatch()
        this.#endReleased()
        if (!replica.busy) this.#options.onIdle()
      },
      onRun: (seconds) => this.#options.times.run.add(seconds * 1000),
      onBatch: (size) => this.#options.onBatch(this.version, size),
      onServerLog: (text) => {
        for (const trial of this.#trials) trial.log(text)
        this.#options.onServerLog(this.version, text)
      },
      onEnd: (end) => this.#onEnd(replica, end),
    })
    this.#replicas.add(replica)
  }

  /** Room for one task of an account right now, past nobody who waits but those that have had their turn. */
  reserve(account: string): Reservation | undefined {
    if (this.#draining) return
    const replica = (this.queued === 0 && this.#roomiest()) || this.#openTo(account)
    if (!replica) return
    const task = [{ account }]
    this.#released = false
    this.#hold(replica, task)
    return {
      lane: laneOf(this.version),
      run: (created) => {
        this.#letGo(replica, task)
        if (!replica.send([created])) this.enqueue(created)
      },
      release: () => this.#letGo(replica, task),
    }
  }

  /** Where a task stands; undefined where it does not wait here, or is just being handed over. */
  outlookOf(id: string): Outlook | undefined {
    const { run, batches } = this.version
    const runMs = this.#options.times.run.value
    const atOnce = batches ? run.maxBatch : 1
    let sent = 0
    for (const replica of this.#replicas) {
      const before = replica.placeOf(id)
      if (before !== undefined)
        return outlookOf({ before, together: atOnce, runMs, nextInMs: this.#nextRunMs([replica]) })
      sent += replica.waiting
    }
    const second = this.#secondChances.placeOf(id)
    const place = second ?? this.#queue.placeOf(id)
    if (place === undefined) return
    const before = sent + place + (second === undefined ? this.#secondChances.size : 0)
    const together = atOnce * Math.max(1, this.#replicas.size)
    return outlookOf({ before, together, runMs, nextInMs: this.#nextRunMs([...this.#replicas]) })
  }

  /** How long it takes to run all that waits; undefined where nothing has been measured. */
  get drainMs(): number | undefined {
    const { run, batches } = this.version
    const together = (batches ? run.maxBatch : 1) * Math.max(1, this.#replicas.size)
    const runMs = this.#options.times.run.value
    return runMs === undefined ? undefined : (this.queued / together) * runMs
  }

  /** How long until one of some replicas can begin a run; undefined where that cannot be told. */
  #nextRunMs(replicas: readonly Replica[]): number | undefined {
    const { run, load } = this.#options.times
    const now = this.#options.clock.monotonic()
    const ready = replicas.filter(({ readyAt }) => readyAt !== undefined)
    const waits = ready.map(({ runningMs }) => (runningMs === undefined ? 0 : remaining(run.value, runningMs)))
    const loads = replicas
      .filter(({ loading }) => loading)
      .map(({ launchedAt }) => remaining(load.value, now - launchedAt))
    const known = [...waits, ...loads].filter((wait) => wait !== undefined)
    return known.length > 0 ? Math.min(...known) : undefined
  }

  enqueue(task: Task): void {
    const { broken } = this
    if (broken) return task.onFailed(broken.reason)
    this.#released = false
    this.#queue.push(task)
    this.#dispatch()
  }

  /** Begins to run what was taken in before tasks could be run. */
  start(): void {
    this.#dispatch()
  }

  /** Takes a task out of the queue, or tells the process to stop it. */
  abandon(id: string): void {
    if (this.#queue.delete(id) || this.#secondChances.delete(id)) {
      if (this.queued === 0) this.#progress.end()
      return this.#endReleased()
    }
    for (const replica of this.#replicas) replica.abandon(id)
  }

  /** Gives up on the version for a while: whatever waits, and what comes meanwhile, fails with the reason. */
  break(reason: string): void {
    this.#failures.break(reason)
    this.#options.onBroken(this.version, reason)
    this.#progress.end()
    for (const trial of this.#trials) trial.fail(reason)
    for (const queue of [this.#secondChances, this.#queue])
      for (const task of queue.take(queue.size)) task.onFailed(reason)
  }

  /** Starts no further task; what runs goes on. */
  drain(): void {
    this.#draining = true
    this.#failures.stop()
    this.#growthFailures.stop()
    this.#progress.end()
  }

  /** Ends the processes; resolves when they are gone. */
  async close(): Promise<void> {
    this.drain()
    for (const trial of this.#trials) trial.fail('The server stops')
    const replicas = [...this.#replicas]
    for (const replica of replicas) replica.kill()
    await Promise.all(replicas.map(({ ended }) => ended))
  }

  /** A replica for an account that has nothing here while others wait for more turns. */
  #openTo(account: string): Replica | undefined {
    if (this.queuedOf(account) > 0 || this.#has(account)) return
    const next = this.#queue.allServed && this.#secondChances.size === 0
    return this.#newcomersPlace() ?? (next ? this.#roomiest() : undefined)
  }

  /** Whether something of an account is in a replica. */
  #has(account: string): boolean {
    for (const replica of this.#replicas) if (replica.has(account)) return true
    return false
  }

  #newcomersPlace(): Replica | undefined {
    let best: Replica | undefined
    for (const replica of this.#replicas)
      if (replica.admitsNewcomers && (!best || replica.load < best.load)) best = replica
    return best
  }

  #roomiest(): Replica | undefined {
    let best: Replica | undefined
    for (const replica of this.#replicas) if (replica.room > 0 && (!best || replica.load < best.load)) best = replica
    return best
  }

  #dispatch(): void {
    if (this.#draining || this.queued === 0 || !this.#options.started()) return
    this.#giveSecondChances()
    // Each replica gets its part of what waits, so that none has much ahead while another has nothing.
    const ready = [...this.#replicas].filter(({ room }) => room > 0).sort((a, b) => a.load - b.load)
    const part = Math.ceil(this.#queue.size / ready.length)
    for (const replica of ready) {
      const tasks = this.#queue.take(Math.min(replica.room, part))
      if (tasks.length > 0) void this.#claimAndSend(replica, tasks)
    }
    this.#letNewcomersIn()
    if (this.queued === 0) return
    if (!this.#ready) this.#progress.begin()
    if (this.#demandKind()) this.#options.onDemand()
  }

  /** What was sent ahead of one account may take longer than thought: others do not wait for the end of it. */
  #letNewcomersIn(): void {
    for (const account of this.#queue.accounts()) {
      const replica = this.#newcomersPlace()
      if (!replica) return
      if (this.#has(account)) continue
      const task = this.#queue.takeOf(account)
      if (task) void this.#claimAndSend(replica, [task])
    }
  }

  #giveSecondChances(): void {
    const replica = this.#secondChances.size > 0 && this.#roomiest()
    if (!replica) return
    replica.send(this.#secondChances.take(this.#secondChances.size), { alone: true })
  }

  /** A task is sent only after its claim is on disk, so that a restart never runs it twice. */
  async #claimAndSend(replica: Replica, tasks: Task[]): Promise<void> {
    this.#hold(replica, tasks)
    await Promise.all(tasks.map((task) => task.claim()))
    const claimed = tasks.filter((task) => task.wanted)
    this.#letGo(replica, tasks)
    if (claimed.length > 0 && !replica.send(claimed)) this.#queue.pushFront(claimed)
  }

  #hold(replica: Replica, tasks: readonly Pick<Task, 'account'>[]): void {
    this.#promised += tasks.length
    replica.hold(tasks)
  }

  #letGo(replica: Replica, tasks: readonly Pick<Task, 'account'>[]): void {
    this.#promised -= tasks.length
    replica.release(tasks)
  }

  /** Ends replicas beyond the most there may be, those with the least to do first. */
  #endSurplus(): void {
    const surplus = this.size - Math.max(1, this.version.run.maxReplicas)
    if (surplus <= 0) return
    const present = [...this.#replicas].filter(({ retiring }) => !retiring)
    for (const replica of present.sort((a, b) => a.load - b.load).slice(0, surplus)) replica.retire()
  }

  #endReleased(): void {
    if (!this.#released || this.queued > 0) return
    for (const replica of this.#replicas) if (!replica.busy) replica.retire()
  }

  #onEnd(replica: Replica, { reason, cause, retired, untouched, suspects, neverRan }: ReplicaEnd): void {
    this.#replicas.delete(replica)
    for (const task of [...untouched, ...suspects]) task.onReturned()
    this.#queue.pushFront(untouched)
    for (const task of suspects) this.#secondChances.push(task)
    if (!retired && !this.#draining) this.#options.onDied(this.version, reason, cause)
    if (!neverRan) for (const failures of [this.#failures, this.#growthFailures]) failures.forgive()
    else if (!retired) this.#onSetupFailure(reason, neverRan.crashed)
    this.#dispatch()
    this.#options.onIdle()
  }

  #onSetupFailure(reason: string, crashed: boolean): void {
    if (this.#draining) {
      // Perhaps the end of the server itself; what waits is for the next one.
      for (const trial of this.#trials) trial.fail(reason)
      return
    }
    const failures = this.#ready ? this.#growthFailures : this.#failures
    if (crashed && failures.pauseAfterCrash(() => this.#options.onDemand())) return
    if (failures === this.#failures) this.break(reason)
    else failures.break(reason)
  }
}

/** Of something that usually takes so long; undefined where that is not known. */
function remaining(usualMs: number | undefined, elapsedMs: number): number | undefined {
  return usualMs === undefined ? undefined : Math.max(0, usualMs - elapsedMs)
}
