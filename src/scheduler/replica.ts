import { formatBytes } from '../byte-size.ts'
import type { Clock } from '../clock.ts'
import { formatDuration } from '../duration.ts'
import type { ProviderChoice } from '../runner/execution-provider.ts'
import type { Runner, RunnerListener } from '../runner/host.ts'
import { LOGS_LIMIT, type RunnerEvent, type RunRequest } from '../runner/protocol.ts'
import { Tally } from '../tally.ts'
import { startTimer } from '../timer.ts'
import type { EndCause } from './observer.ts'
import { Pace } from './pace.ts'
import type { RunnableVersion } from './runnable-version.ts'
import type { Task } from './task.ts'

/** How long a canceled run may go on before its process is killed. */
const CANCEL_GRACE_MS = 500
/** How long a runner with nothing under way may take to begin what it was sent. */
const STALL_MS = 30_000
/** Tasks in a replica, with those of accounts that had none in it when it was full. */
const MOST = 128
/** Inputs beyond this many characters do not share a message. */
const MESSAGE_SIZE = 2 ** 20

interface Sent {
  readonly task: Task
  alone: boolean
  started: boolean
  /** Nobody waits for the answer any more. */
  abandoned: boolean
  stopTimer: (() => void) | undefined
}

export interface ReplicaEnd {
  /** Why the process ended. */
  reason: string
  cause: EndCause
  /** Whether it had been asked to. */
  retired: boolean
  /** Tasks that were sent but that the model has not seen. */
  untouched: Task[]
  /** Members of a batch of which one, nobody knows which, may have ended the process: each is to be run alone, once. */
  suspects: Task[]
  /** Set when it ended before the model had seen anything. */
  neverRan?: { crashed: boolean }
}

export interface ReplicaOptions {
  start: (listener: RunnerListener) => Runner
  clock: Clock
  /** Of one session. */
  threads: number
  /** What to run on, tried in this order. */
  devices: readonly ProviderChoice[]
  /** Where each prediction has its folder. */
  predictionsDir: string
}

export interface ReplicaListener {
  onReady(): void
  /** A task left; there may be room for another. */
  onFree(): void
  /** A run has ended, which took so many seconds. */
  onRun(seconds: number): void
  /** So many inputs were run together. */
  onBatch(size: number): void
  onServerLog(text: string): void
  onEnd(end: ReplicaEnd): void
}

/**
 * One runner process of a version, and the tasks in it. It runs one at a time, or a batch; more are sent ahead, and
 * those it has not begun when it dies are given back.
 *
 *   loading ──ready──► ready ──retire──► retiring ──► ended, when what it has is done
 *      └──────kill, death or time-out──────┴──► ended
 */
export class Replica {
  readonly version: RunnableVersion
  readonly threads: number
  readonly devices: readonly ProviderChoice[]
  readonly launchedAt: number
  /** When it was loaded, by the monotonic clock. */
  readyAt: number | undefined
  /** When it had nothing to do any more, by the monotonic clock. */
  idleSince: number
  /** Bytes it held when that was last measured. */
  memoryBytes: number | undefined
  /** What its sessions run on, as far as the runner has told. */
  device: string | null = null
  /** How many runs have ended. */
  runs = 0
  /** When the present run began, by the monotonic clock. */
  #begunAt = 0
  /** How many the model has now. */
  #running = 0
  /** How many tasks of each account are in it. */
  readonly #accounts = new Tally()
  readonly #listener: ReplicaListener
  readonly #clock: Clock
  readonly #runner: Runner
  readonly #sent = new Map<string, Sent>()
  #state: 'loading' | 'ready' | 'retiring' | 'ended' = 'loading'
  #unsent: Sent[] = []
  #held = 0
  readonly #pace = new Pace()
  /** Whether the model has been given anything. */
  #begun = false
  /** Runs while the process has tasks and has begun none of them. */
  #stallTimer: NodeJS.Timeout | undefined
  /** Characters of what it printed outside of runs that have been logged. */
  #printed = 0
  /** Why it is about to end, where that is known before the process is gone. */
  #reason: string | undefined
  #cause: EndCause | undefined
  /** How many the model was given together that has not told of the end of any of them. */
  #batch = 0
  readonly #stopSetupTimer: () => void
  readonly #ended = Promise.withResolvers<void>()

  constructor(version: RunnableVersion, options: ReplicaOptions, listener: ReplicaListener) {
    const { start, clock, threads, devices, predictionsDir } = options
    this.version = version
    this.threads = threads
    this.devices = devices
    this.launchedAt = clock.monotonic()
    this.idleSince = this.launchedAt
    this.#clock = clock
    this.#listener = listener
    this.#runner = start({
      onEvent: (event) => this.#onEvent(event),
      onPrinted: (text) => this.#log(text),
      onExit: (how, signal) => this.#onExit(how, signal),
    })
    const { setupTimeoutMs, sessionOptions, maxBatch } = version.run
    this.#runner.send({
      type: 'load',
      package: version.package,
      session: { threads, devices, options: sessionOptions },
      maxBatch,
      predictionsDir,
    })
    this.#stopSetupTimer = startTimer(setupTimeoutMs, () => {
      this.#end('setup_timeout', `Setup timed out after ${formatDuration(setupTimeoutMs)}`)
    })
  }

  get pid(): number | undefined {
    return this.#runner.pid
  }

  /** Resolves when the process is gone. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  get loading(): boolean {
    return this.#state === 'loading'
  }

  /** Whether it has been asked to end. */
  get retiring(): boolean {
    return this.#state === 'retiring'
  }

  get busy(): boolean {
    return this.load > 0
  }

  /** How many tasks are in it. */
  get load(): number {
    return this.#sent.size + this.#held
  }

  /** About how long a run takes, in milliseconds. */
  get averageMs(): number {
    return this.#pace.averageMs
  }

  /** How many more tasks may be sent. */
  get room(): number {
    return this.#state === 'ready' ? this.#pace.room(this.version, this.load) : 0
  }

  /** How many tasks are in it that the model has not been given yet. */
  get waiting(): number {
    return this.load - this.#running
  }

  /** How long the present run has taken so far; undefined where there is none. */
  get runningMs(): number | undefined {
    return this.#running === 0 ? undefined : this.#clock.monotonic() - this.#begunAt
  }

  /** Whether something of an account is in it. */
  has(account: string): boolean {
    return this.#accounts.of(account) > 0
  }

  /** Whether tasks wait in it behind others, so that one of an account that has none takes its turn among them. */
  get admitsNewcomers(): boolean {
    const { batches, run } = this.version
    const behind = this.#running > 0 || this.load > (batches ? run.maxBatch : 1)
    return this.#state === 'ready' && this.waiting > 0 && behind && this.load < MOST
  }

  /** How many of those that wait in it were sent before a task; undefined where it does not wait here. */
  placeOf(id: string): number | undefined {
    if (this.#sent.get(id)?.started !== false) return
    let place = 0
    for (const [other, { started }] of this.#sent) {
      if (other === id) break
      if (!started) place++
    }
    return place
  }

  /** What the model has now: one, or a batch. */
  #present(): Sent[] {
    return [...this.#sent.values()].filter(({ started }) => started)
  }

  /** Keeps room for tasks that are being claimed. */
  hold(tasks: readonly Pick<Task, 'account'>[]): void {
    this.#held += tasks.length
    for (const { account } of tasks) this.#accounts.add(account)
  }

  /** Gives room back, and says so once the present work of the caller is done. */
  release(tasks: readonly Pick<Task, 'account'>[]): void {
    this.#held -= tasks.length
    for (const { account } of tasks) this.#accounts.add(account, -1)
    this.#tellFree()
  }

  /**
   * @param alone whether no others may be run together with them
   * @returns false when the process is gone and the tasks were not sent
   */
  send(tasks: readonly Task[], { alone = false } = {}): boolean {
    if (this.#state === 'loading' || this.#state === 'ended') return false
    if (this.#unsent.length === 0) process.nextTick(() => this.#sendRuns())
    for (const task of tasks) {
      const sent: Sent = { task, alone, started: false, abandoned: false, stopTimer: undefined }
      this.#sent.set(task.id, sent)
      this.#accounts.add(task.account)
      this.#unsent.push(sent)
      task.onSent(this.readyAt === undefined ? undefined : { from: this.launchedAt, to: this.readyAt })
    }
    this.#watchForStall()
    return true
  }

  /** Takes nothing more, and ends when what it has is done. */
  retire(): void {
    if (this.#state === 'ended') return
    this.#state = 'retiring'
    this.#stopSetupTimer()
    if (!this.busy) this.kill()
  }

  /** Ends it, because it holds more memory than it may. */
  exceed(bytes: number, limit: string): void {
    this.#end('memory', `The model's process held ${formatBytes(bytes)} of memory, more than ${limit}`)
  }

  /** What was committed together goes to the runner in one message, unless it is much. */
  #sendRuns(): void {
    let runs: RunRequest[] = []
    let size = 0
    for (const { task, alone } of this.#unsent) {
      if (size > 0 && size + task.size > MESSAGE_SIZE) {
        this.#runner.send({ type: 'run', runs })
        runs = []
        size = 0
      }
      const { id, account, input, inputFiles } = task
      runs.push({ id, account, input, inputFiles, ...(alone ? { alone } : {}) })
      size += task.size
    }
    if (runs.length > 0) this.#runner.send({ type: 'run', runs })
    this.#unsent = []
  }

  /** Ends a task that nobody waits for any more; its place stays taken until the process lets go of it or is killed. */
  abandon(id: string): void {
    const sent = this.#sent.get(id)
    if (!sent || sent.abandoned) return
    sent.abandoned = true
    this.#sendRuns()
    this.#runner.send({ type: 'cancel', id })
    if (sent.started) this.#killAfterGrace(sent)
  }

  kill(): void {
    this.#runner.kill()
  }

  /** Ends it; what was found first is what counts. */
  #end(cause: EndCause, reason: string): void {
    this.#cause ??= cause
    this.#reason ??= reason
    this.kill()
  }

  #onEvent(event: RunnerEvent): void {
    switch (event.type) {
      case 'ready':
        return this.#onReady(event.device)
      case 'refused':
        return this.#end('refused', event.message)
      case 'started':
        return this.#onStarted(this.#sent.get(event.id))
      case 'output':
        return this.#sent.get(event.id)?.task.onOutput(event.values, event.files)
      case 'log':
        if (event.id === null) return this.#listener.onServerLog(event.text)
        return this.#sent.get(event.id)?.task.onLog(event.text)
      case 'metric':
        return this.#sent.get(event.id)?.task.onMetric(event.name, event.value)
      case 'done':
        this.#measure(event.seconds)
        return this.#leave(event.id)?.task.onDone(event.output, event.files, event.seconds, event.storeSeconds)
      case 'error':
        this.#measure(event.seconds)
        return this.#leave(event.id)?.task.onFailed(event.message, event.seconds)
      case 'returned':
        return this.#onReturned(this.#sent.get(event.id))
      case 'dropped':
        this.#leave(event.id)
        return
      case 'inspected':
        return
      default:
        return event satisfies never
    }
  }

  #measure(seconds: number): void {
    this.#pace.measure(seconds)
    this.#listener.onRun(seconds)
  }

  #onReady(device: string | null): void {
    this.#stopSetupTimer()
    if (this.#state !== 'loading') return
    this.#state = 'ready'
    this.device = device
    // What was measured while it loaded says little about what it holds now.
    this.memoryBytes = undefined
    this.readyAt = this.#clock.monotonic()
    this.idleSince = this.readyAt
    this.#listener.onReady()
  }

  #onStarted(sent: Sent | undefined): void {
    if (!sent || sent.started) return
    clearTimeout(this.#stallTimer)
    this.#stallTimer = undefined
    this.#begun = true
    sent.started = true
    if (this.#running++ === 0) this.#begunAt = this.#clock.monotonic()
    this.#batch++
    if (sent.abandoned) return this.#killAfterGrace(sent)
    sent.task.onStarted()
    const { predictTimeoutMs, trainTimeoutMs } = this.version.run
    const [what, timeoutMs] = this.version.trains ? ['Training', trainTimeoutMs] : ['Prediction', predictTimeoutMs]
    sent.stopTimer = startTimer(timeoutMs, () => {
      sent.task.onFailed(`${what} timed out after ${formatDuration(timeoutMs)}`)
      this.abandon(sent.task.id)
    })
  }

  /** Its batch has failed; it waits in the runner, to be started again by itself. */
  #onReturned(sent: Sent | undefined): void {
    if (!sent?.started || sent.alone || !this.version.batches) return
    this.#tellBatch()
    sent.stopTimer?.()
    sent.stopTimer = undefined
    sent.started = false
    sent.alone = true
    this.#running--
    sent.task.onSent()
  }

  /** Where others of its batch are still wanted, it only stops being waited for. */
  #killAfterGrace(sent: Sent): void {
    sent.stopTimer?.()
    sent.stopTimer = undefined
    if (this.#present().every(({ abandoned }) => abandoned))
      sent.stopTimer = startTimer(CANCEL_GRACE_MS, () => {
        this.#cause ??= 'canceled'
        this.kill()
      })
  }

  #leave(id: string): Sent | undefined {
    const sent = this.#sent.get(id)
    if (!sent) return
    sent.stopTimer?.()
    this.#sent.delete(id)
    this.#accounts.add(sent.task.account, -1)
    if (sent.abandoned) queueMicrotask(() => sent.task.onReleased())
    if (sent.started) {
      this.#running--
      this.runs++
      this.#tellBatch()
    }
    this.#watchForStall()
    this.#tellFree()
    return sent
  }

  /** With the first end among them it is known that no more belong to them. */
  #tellBatch(): void {
    if (this.#batch > 0) this.#listener.onBatch(this.#batch)
    this.#batch = 0
  }

  /** What a run has left behind may hold the process for ever; the deadline of the next one begins only with it. */
  #watchForStall(): void {
    let waits = this.#sent.size > 0
    for (const { started } of this.#sent.values())
      if (started) {
        waits = false
        break
      }
    if (!waits) clearTimeout(this.#stallTimer)
    this.#stallTimer = waits ? (this.#stallTimer ?? setTimeout(() => this.#endStalled(), STALL_MS)) : undefined
  }

  #endStalled(): void {
    this.#end('stalled', `The model's process began nothing for ${formatDuration(STALL_MS)}`)
  }

  #tellFree(): void {
    if (!this.busy) this.idleSince = this.#clock.monotonic()
    queueMicrotask(() => {
      if (this.#state === 'retiring' && !this.busy) this.kill()
      this.#listener.onFree()
    })
  }

  /** What native code prints while a batch runs may tell of any of its members. */
  #log(text: string): void {
    const [only, ...others] = this.#present()
    if (only && others.length === 0) return only.task.onLog(text)
    if (this.#printed > LOGS_LIMIT) return
    this.#printed += text.length
    this.#listener.onServerLog(text)
  }

  #onExit(how: string, signal: NodeJS.Signals | undefined): void {
    const wasLoading = this.#state === 'loading'
    const retired = this.#state === 'retiring'
    this.#state = 'ended'
    this.#stopSetupTimer()
    clearTimeout(this.#stallTimer)
    const what = this.version.trains ? 'training' : 'prediction'
    const together = this.#running > 1
    const all = [...this.#sent.values()]
    this.#sent.clear()
    this.#running = 0
    this.#tellBatch()
    for (const { stopTimer, abandoned, task } of all) {
      stopTimer?.()
      if (abandoned) task.onReleased()
    }
    const wanted = all.filter(({ abandoned }) => !abandoned)
    if (!together)
      for (const { started, task } of wanted)
        if (started) task.onFailed(this.#reason ?? `The model's process ${how} while it ran this ${what}`)
    const suspects = tasksOf(wanted.filter(({ started, alone }) => (started ? together : alone)))
    const untouched = tasksOf(wanted.filter(({ started, alone }) => !started && !alone))
    const when = this.#begun ? '' : wasLoading ? ' during setup' : ' before it ran anything'
    const reason = this.#reason ?? `The model's process ${how}${when}`
    const end = { reason, cause: this.#cause ?? signal ?? 'exit', retired, untouched, suspects }
    const neverRan = { crashed: !wasLoading || this.#reason === undefined }
    this.#listener.onEnd(this.#begun ? end : { ...end, neverRan })
    this.#ended.resolve()
  }
}

function tasksOf(sent: readonly Sent[]): Task[] {
  return sent.map(({ task }) => task)
}
