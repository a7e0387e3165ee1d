import { formatBytes } from '../byte-size.ts'
import { overBudget } from './admission.ts'
import type { Lane } from './lane.ts'
import type { Pool, PoolOptions } from './pool.ts'
import type { Replica } from './replica.ts'
import { memoryKey } from './runnable-version.ts'
import { isFarOff } from './thread-share.ts'

const PERIOD_MS = 2_000
/** A replica that has been idle for this long may be loaded again with another number of threads. */
const QUIET_MS = 10_000

/** Looks after what changes by itself: memory that grows, and replicas that nobody has needed for a while. */
export class PoolWatch {
  readonly #options: PoolOptions
  readonly #pool: Pool
  readonly #forgetUnneeded: () => void
  #timer: NodeJS.Timeout | undefined
  #measuring = false

  /** @param forgetUnneeded forgets the lanes that nobody needs */
  constructor(options: PoolOptions, pool: Pool, forgetUnneeded: () => void) {
    this.#options = options
    this.#pool = pool
    this.#forgetUnneeded = forgetUnneeded
  }

  /** Begins to look, unless it does already. */
  start(): void {
    this.#timer ??= setInterval(() => void this.#look(), PERIOD_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    if (this.#measuring) return
    this.#measuring = true
    try {
      await this.#measure()
    } finally {
      this.#measuring = false
    }
    for (const seat of overBudget(this.#pool.seats(), this.#options.budget)) seat.end()
    for (const lane of this.#pool.lanes) for (const replica of lane.replicas) this.#tidy(lane, replica)
    this.#forgetUnneeded()
    this.#pool.grant()
  }

  async #measure(): Promise<void> {
    const replicas = [...this.#pool.lanes].flatMap((lane) => [...lane.replicas])
    const pids = [this.#pool.spare?.pid, ...replicas.map(({ pid }) => pid)]
    const sizes = await this.#options.measure(pids.filter((pid) => pid !== undefined))
    this.#pool.spareBytes = sizes.get(this.#pool.spare?.pid ?? 0)
    for (const replica of replicas) {
      const bytes = sizes.get(replica.pid ?? 0)
      if (bytes !== undefined) this.#takeNote(replica, bytes)
    }
  }

  #takeNote(replica: Replica, bytes: number): void {
    const { budget, peaks } = this.#options
    const { run } = replica.version
    const key = memoryKey(replica.version)
    replica.memoryBytes = bytes
    if (run.memoryBytes !== null && bytes > run.memoryBytes)
      replica.exceed(bytes, `the ${formatBytes(run.memoryBytes)} that its package allows (run.memory)`)
    else if (bytes > budget.memoryBytes)
      replica.exceed(bytes, `the ${formatBytes(budget.memoryBytes)} that all models may use together (REPRISE_MEMORY)`)
    // One input that asks for too much does not speak for the others.
    else if (bytes > (peaks.find(key) ?? 0)) peaks.remember(key, bytes)
  }

  /** Ends what has been idle for too long, or reloads what has far more or fewer threads than its part. */
  #tidy(lane: Lane, replica: Replica): void {
    if (replica.loading || replica.retiring || replica.busy) return
    const { idleTimeoutMs, threads } = lane.version.run
    const idleMs = this.#options.clock.monotonic() - replica.idleSince
    if (lane.size > lane.kept && idleMs >= idleTimeoutMs) replica.retire()
    else if (threads === null && idleMs >= QUIET_MS) {
      if (isFarOff(replica.threads, this.#pool.shareOf(lane, lane.size - 1))) lane.reload(replica)
    }
  }
}
