import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { assignDevices, type DeviceUse } from '../hardware/assign-device.ts'
import type { Gpu } from '../hardware/gpu.ts'
import { skuOf } from '../hardware/hardware.ts'
import type { LaunchRunner, Runner, RunnerListener } from '../runner/host.ts'
import type { MeasureMemory } from '../runner/memory.ts'
import { SpareRunner } from '../runner/spare.ts'
import { admit, type Budget, memoryNeed, type Occupant, turnEnd, whyNever } from './admission.ts'
import type { Demand, Lane, Share } from './lane.ts'
import type { SchedulerObserver } from './observer.ts'
import { Replica, type ReplicaListener } from './replica.ts'
import { memoryKey, type RunnableVersion } from './runnable-version.ts'
import { type ReplicaCounts, threadShare } from './thread-share.ts'

/** What the spare is expected to hold before it is measured. */
const SPARE_BYTES = 80 * 2 ** 20
/** Address space beyond the memory limit of a version: Node and the engine reserve much that they never use. */
const ADDRESS_SLACK_BYTES = 4 * 2 ** 30
const WISH_ORDER: Record<Demand['kind'], number> = { first: 0, more: 1, kept: 2 }

/** The most that replicas have been seen to hold, by `memoryKey`; that of predictions is remembered over restarts. */
export interface MemoryPeaks {
  find(key: string): number | undefined
  remember(key: string, bytes: number): void
}

export interface PoolOptions {
  launch: LaunchRunner
  clock: Clock
  log: Logger
  /** What all runners share. */
  budget: Budget
  gpus: readonly Gpu[]
  measure: MeasureMemory
  peaks: MemoryPeaks
  observer?: SchedulerObserver | undefined
  /** Where each prediction has its folder. */
  predictionsDir: string
}

/** A process of the pool, as the rules of admission see it. */
export interface Seat extends Occupant {
  /** Ends it when it has nothing to do any more. */
  end(): void
}

/** The processes of all lanes, and what they share: cores, memory, devices, and one spare. */
export class Pool {
  readonly lanes: Iterable<Lane>
  readonly #options: PoolOptions
  readonly #spare: SpareRunner
  #spareBytes = SPARE_BYTES
  #closed = false

  constructor(options: PoolOptions, lanes: Iterable<Lane>) {
    this.lanes = lanes
    this.#options = options
    this.#spare = new SpareRunner(options.launch, () => this.grant())
  }

  /** The runner that waits for a model. */
  get spare(): { pid: number; memoryBytes: number } | undefined {
    const { pid } = this.#spare
    return pid === undefined ? undefined : { pid, memoryBytes: this.#spareBytes }
  }

  /** Takes note of what the spare holds. */
  set spareBytes(bytes: number | undefined) {
    this.#spareBytes = bytes ?? SPARE_BYTES
  }

  startReplica(version: RunnableVersion, { threads, devices }: Share, listener: ReplicaListener): Replica {
    const { clock, predictionsDir } = this.#options
    const cpuOnly = devices.every(({ provider }) => provider === 'cpu')
    const start = (runner: RunnerListener) => this.#startRunner(version, runner, cpuOnly)
    const onReady = () => {
      listener.onReady()
      this.#prepareSpare()
    }
    return new Replica(version, { start, clock, threads, devices, predictionsDir }, { ...listener, onReady })
  }

  /** Gives out what is free to the lanes that lack a replica, and has others end for those that have none. */
  grant(): void {
    let launched = !this.#closed
    while (launched) launched = this.#grantRound()
  }

  /** Every process that takes a part of what is shared. */
  seats(): Seat[] {
    const seats: Seat[] = []
    for (const lane of this.lanes) for (const replica of lane.replicas) seats.push(this.#seatOf(lane, replica))
    if (this.#spare.pid !== undefined) seats.push(this.#spareSeat())
    return seats
  }

  /** Threads that a replica would get if it were loaded now, beside the others of its version and of all. */
  shareOf(lane: Lane, own: number): number {
    const counts: ReplicaCounts = { own, others: 0 }
    for (const other of this.lanes) if (other !== lane) counts.others += other.size
    return threadShare(lane.version, counts, this.#options.budget.threads)
  }

  close(): void {
    this.#closed = true
    this.#spare.drop()
  }

  /** @returns whether a replica was launched, after which a lane may want another */
  #grantRound(): boolean {
    const wishes: { lane: Lane; demand: Demand }[] = []
    for (const lane of this.lanes) {
      const demand = lane.takeDemand()
      if (demand) wishes.push({ lane, demand })
    }
    wishes.sort((a, b) => WISH_ORDER[a.demand.kind] - WISH_ORDER[b.demand.kind] || a.demand.since - b.demand.since)
    let launched = false
    for (const { lane, demand } of wishes) {
      const granted = this.#grantOne(lane, demand)
      launched ||= granted
      // It waits for memory that is to be its own: nobody overtakes it.
      if (!granted && demand.kind === 'first' && !lane.broken) break
    }
    return launched
  }

  #grantOne(lane: Lane, { kind }: Demand): boolean {
    const { budget } = this.#options
    const need = this.#need(lane.version)
    const never = whyNever(lane.version, need, budget.memoryBytes)
    if (never !== undefined) {
      lane.break(never)
      return false
    }
    const threads = this.shareOf(lane, lane.size)
    const decision = admit({ kind, memoryBytes: need, threads, replicas: lane.size }, this.seats(), budget)
    if (decision.type === 'launch') lane.launch({ threads, devices: this.#devicesFor(lane) })
    else if (decision.type === 'make-room') for (const seat of decision.end) seat.end()
    return decision.type === 'launch'
  }

  /** Where memory is limited by the system, the limit holds from the start, so that the spare does not serve. */
  #startRunner({ run }: RunnableVersion, listener: RunnerListener, cpuOnly: boolean): Runner {
    if (run.memoryBytes === null || !cpuOnly) return this.#spare.take(listener)
    return this.#options.launch(listener, { addressSpaceBytes: run.memoryBytes + ADDRESS_SLACK_BYTES })
  }

  /** Only beside what is loaded, and only while there is memory that nobody needs. */
  #prepareSpare(): void {
    if (this.#closed || this.#spare.pid !== undefined) return
    const held = this.seats().reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
    if (held + SPARE_BYTES <= this.#options.budget.memoryBytes) this.#spare.prepare()
  }

  #need(version: RunnableVersion): number {
    return memoryNeed(version, this.#options.peaks.find(memoryKey(version)), this.#options.budget.memoryBytes)
  }

  #devicesFor(lane: Lane): Share['devices'] {
    const inUse: DeviceUse[] = []
    for (const other of this.lanes)
      for (const { devices, device } of other.replicas) {
        const [first] = devices
        // One that had to do without leaves the device to others.
        if (first?.provider !== 'cuda' || (device !== null && !device.includes('cuda'))) continue
        inUse.push({ deviceId: first.deviceId, sameVersion: other === lane })
      }
    const { run, deployment } = lane.version
    const gpus = this.#options.gpus.filter(({ name }) => !deployment || skuOf(name) === deployment.hardware)
    return assignDevices({ wanted: run.executionProviders, gpus, inUse })
  }

  #seatOf(lane: Lane, replica: Replica): Seat {
    const { loading, retiring, busy, readyAt, launchedAt, threads, idleSince, averageMs, memoryBytes } = replica
    // Until it has been measured with all it needs, what it is expected to hold counts.
    const expected = readyAt === undefined || memoryBytes === undefined ? this.#need(lane.version) : 0
    return {
      state: retiring ? 'ending' : loading ? 'loading' : busy ? 'busy' : 'idle',
      memoryBytes: Math.max(memoryBytes ?? 0, expected),
      threads,
      kept: lane.size <= lane.kept,
      idleSince,
      averageMs,
      turnIsOver: readyAt !== undefined && this.#options.clock.monotonic() >= turnEnd(launchedAt, readyAt),
      replicas: lane.size,
      end: () => replica.retire(),
    }
  }

  #spareSeat(): Seat {
    return {
      state: this.#spare.dropped ? 'ending' : 'idle',
      memoryBytes: this.#spareBytes,
      threads: 0,
      kept: false,
      idleSince: Number.NEGATIVE_INFINITY,
      averageMs: 0,
      turnIsOver: true,
      replicas: 1,
      end: () => this.#spare.drop(),
    }
  }
}
