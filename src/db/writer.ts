import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { AppError, busy } from '../errors.ts'
import { siblingModule } from '../sibling-module.ts'
import {
  type Chore,
  type ChoreResult,
  type GroupReport,
  ROWS_MISMATCH,
  type Write,
  type WriteResult,
  type WriterOptions,
} from './messages.ts'

/** How long a failure counts; then the next write finds out whether the disk is well again. */
const FAILING_MS = 1_000

/** Whoever measures commits: hears of each group, with the number of its writes and the time that they took. */
export type CommitObserver = (writes: number, ms: number) => void

interface Waiting {
  resolve: () => void
  reject: (error: AppError) => void
}

interface Pending extends Waiting {
  write: Write
}

/**
 * The server's side of the thread that commits. Whatever is submitted while a commit runs becomes the next group, so
 * the slower the disk, the larger the groups; nobody waits for a timer.
 */
export class Writer {
  readonly #worker: Worker
  #observer: CommitObserver | undefined
  #waiting: Pending[] = []
  #committing: Pending[] = []
  /** Chores that the thread has been given, in the order in which it does them. */
  readonly #chores: Waiting[] = []
  #settledAt = Number.NEGATIVE_INFINITY
  #failedAt = Number.NEGATIVE_INFINITY
  #ended: AppError | undefined

  constructor(options: WriterOptions) {
    this.#worker = new Worker(siblingModule(import.meta.url, './writer-thread'), {
      workerData: options,
      name: 'writer',
    })
    this.#worker.on('message', (message: GroupReport | ChoreResult) => {
      if ('results' in message) this.#settle(message)
      else settle(this.#chores.shift(), message.failed)
    })
    this.#worker.on('error', (error) => {
      this.#end(new AppError('internal', 'The writer thread died', { cause: error }))
      // Without it nothing can be kept: the process ends, and the next start recovers.
      throw error
    })
  }

  /** From now on tells of each group. */
  watch(observer: CommitObserver): void {
    this.#observer = observer
  }

  /** Whether a group has just failed for a reason that lies with the disk, so that new work should not be accepted. */
  get failing(): boolean {
    return performance.now() - this.#failedAt < FAILING_MS
  }

  /** Whether nothing has been written for that long, or is about to be. */
  isIdleFor(timeMs: number): boolean {
    return this.#committing.length + this.#waiting.length === 0 && performance.now() - this.#settledAt >= timeMs
  }

  /**
   * Resolves after the transaction that holds the write has committed.
   * @throws AppError `conflict` when a statement changed another number of rows than expected or broke a constraint,
   * `unavailable` when the database could not be written.
   */
  submit(write: Write): Promise<void> {
    if (this.#ended) return Promise.reject(this.#ended)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    if (this.#waiting.push({ write, resolve, reject }) === 1 && this.#committing.length === 0) this.#scheduleHandover()
    return promise
  }

  /**
   * Has the thread do something beside writing, behind the group that it has.
   * @throws AppError `unavailable` when the database could not be written
   */
  do(chore: Chore): Promise<void> {
    if (this.#ended) return Promise.reject(this.#ended)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#chores.push({ resolve, reject })
    this.#worker.postMessage(chore)
    return promise
  }

  /** Resolves when everything submitted so far has been settled. */
  settled(): Promise<void> {
    return this.submit([])
  }

  async close(): Promise<void> {
    if (this.#ended) return
    const settled = this.settled()
    this.#ended = new AppError('unavailable', 'The database is closed')
    await settled
    const exit = once(this.#worker, 'exit')
    this.#worker.postMessage('close')
    await exit
  }

  /** Waits for the rest of this turn of the event loop, so that what is read together commits together. */
  #scheduleHandover(): void {
    setImmediate(() => this.#handOver())
  }

  #handOver(): void {
    this.#committing = this.#waiting
    this.#waiting = []
    this.#worker.postMessage(this.#committing.map(({ write }) => write))
  }

  #settle({ results, ms }: GroupReport): void {
    const settled = this.#committing
    this.#committing = []
    const failed = results.some((result) => result !== null && isDatabaseTrouble(result.code))
    this.#failedAt = failed ? performance.now() : Number.NEGATIVE_INFINITY
    if (this.#waiting.length > 0) this.#scheduleHandover()
    this.#settledAt = performance.now()
    settled.forEach((pending, index) => {
      settle(pending, results[index])
    })
    this.#observer?.(settled.length, ms)
  }

  #end(error: AppError): void {
    this.#ended = error
    for (const { reject } of [...this.#committing, ...this.#waiting, ...this.#chores]) reject(error)
    this.#committing = []
    this.#waiting = []
  }
}

function settle(waiting: Waiting | undefined, result: WriteResult | undefined): void {
  if (result) waiting?.reject(toError(result))
  else waiting?.resolve()
}

function isDatabaseTrouble(code: string): boolean {
  return code !== ROWS_MISMATCH && !code.startsWith('SQLITE_CONSTRAINT')
}

function toError({ code, message }: Exclude<WriteResult, null>): AppError {
  const cause = new Error(`${code}: ${message}`)
  return isDatabaseTrouble(code)
    ? busy('The database cannot be written at the moment', cause)
    : new AppError('conflict', 'The row to be written changed meanwhile', { cause })
}
