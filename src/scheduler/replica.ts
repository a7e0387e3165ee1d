import { formatDuration } from '../duration.ts'
import type { LaunchRunner, Runner } from '../runner/host.ts'
import type { RunnerEvent, RunRequest } from '../runner/protocol.ts'
import { startTimer } from '../timer.ts'
import type { RunnableVersion } from './runnable-version.ts'
import type { Task } from './task.ts'

/** How long a canceled run may go on before its process is killed. */
const CANCEL_GRACE_MS = 500
/** Work sent ahead to a runner, so that it need not wait for the server between short runs. */
const AHEAD_MS = 5
const MAX_AHEAD = 64
/** Inputs beyond this many characters do not share a message. */
const MESSAGE_SIZE = 2 ** 20
/** Weight of the newest run in the average that decides how much is sent ahead. */
const NEWEST = 0.2

interface Sent {
  readonly task: Task
  started: boolean
  /** Nobody waits for the answer any more. */
  abandoned: boolean
  stopTimer: (() => void) | undefined
}

export interface ReplicaEnd {
  /** Why the process ended. */
  reason: string
  /** Tasks that were sent but that the model has not seen. */
  untouched: Task[]
  /** Set when it ended before the model had seen anything. */
  neverRan?: { crashed: boolean }
}

export interface ReplicaOptions {
  launch: LaunchRunner
  /** Of one session. */
  threads: number
  /** Where each prediction has its folder. */
  predictionsDir: string
}

export interface ReplicaListener {
  onReady(): void
  /** A task left; there may be room for another. */
  onFree(): void
  onServerLog(text: string): void
  onEnd(end: ReplicaEnd): void
}

/**
 * One runner process of a version, and the tasks in it. It runs one at a time; short ones are sent ahead, and those it
 * has not begun when it dies are given back.
 *
 *   loading ──ready──► ready ──kill or death──► ended
 */
export class Replica {
  readonly #version: RunnableVersion
  readonly #listener: ReplicaListener
  readonly #runner: Runner
  readonly #sent = new Map<string, Sent>()
  #state: 'loading' | 'ready' | 'ended' = 'loading'
  #unsent: Task[] = []
  #held = 0
  #averageMs = AHEAD_MS
  /** Whether the model has been given anything. */
  #begun = false
  /** Why it is about to end, where that is known before the process is gone. */
  #reason: string | undefined
  readonly #stopSetupTimer: () => void
  readonly #ended = Promise.withResolvers<void>()

  constructor(
    version: RunnableVersion,
    { launch, threads, predictionsDir }: ReplicaOptions,
    listener: ReplicaListener,
  ) {
    this.#version = version
    this.#listener = listener
    this.#runner = launch({
      onEvent: (event) => this.#onEvent(event),
      onPrinted: (text) => this.#log(text),
      onExit: (how) => this.#onExit(how),
    })
    const { setupTimeoutMs, sessionOptions } = version.run
    this.#runner.send({
      type: 'load',
      package: version.package,
      session: { threads, options: sessionOptions },
      predictionsDir,
    })
    this.#stopSetupTimer = startTimer(setupTimeoutMs, () => {
      this.#reason = `Setup timed out after ${formatDuration(setupTimeoutMs)}`
      this.kill()
    })
  }

  /** Resolves when the process is gone. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  get busy(): boolean {
    return this.#sent.size + this.#held > 0
  }

  /** How many more tasks may be sent. */
  get room(): number {
    if (this.#state !== 'ready') return 0
    const ahead = Math.min(MAX_AHEAD, Math.max(1, Math.floor(AHEAD_MS / this.#averageMs)))
    return Math.max(0, ahead - this.#sent.size - this.#held)
  }

  /** Keeps room for tasks that are being claimed. */
  hold(count: number): void {
    this.#held += count
  }

  /** Gives room back, and says so once the present work of the caller is done. */
  release(count: number): void {
    this.#held -= count
    queueMicrotask(() => this.#listener.onFree())
  }

  /** @returns false when the process is gone and the tasks were not sent. */
  send(tasks: readonly Task[]): boolean {
    if (this.#state !== 'ready') return false
    for (const task of tasks) this.#sent.set(task.id, { task, started: false, abandoned: false, stopTimer: undefined })
    if (this.#unsent.length === 0) process.nextTick(() => this.#sendRuns())
    this.#unsent.push(...tasks)
    return true
  }

  /** What was committed together goes to the runner in one message, unless it is much. */
  #sendRuns(): void {
    let runs: RunRequest[] = []
    let size = 0
    for (const task of this.#unsent) {
      if (size > 0 && size + task.size > MESSAGE_SIZE) {
        this.#runner.send({ type: 'run', runs })
        runs = []
        size = 0
      }
      runs.push({ id: task.id, input: task.input, inputFiles: task.inputFiles })
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

  #onEvent(event: RunnerEvent): void {
    switch (event.type) {
      case 'ready':
        this.#stopSetupTimer()
        this.#state = 'ready'
        return this.#listener.onReady()
      case 'refused':
        this.#reason ??= event.message
        return this.kill()
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
        return this.#leave(event.id)?.task.onDone(event.output, event.files, event.seconds)
      case 'error':
        this.#measure(event.seconds)
        return this.#leave(event.id)?.task.onFailed(event.message, event.seconds)
      case 'dropped':
        this.#leave(event.id)
        return
      case 'inspected':
        return
      default:
        return event satisfies never
    }
  }

  #onStarted(sent: Sent | undefined): void {
    if (!sent) return
    this.#begun = true
    sent.started = true
    if (sent.abandoned) return this.#killAfterGrace(sent)
    sent.task.onStarted()
    const { predictTimeoutMs } = this.#version.run
    sent.stopTimer = startTimer(predictTimeoutMs, () => {
      sent.task.onFailed(`Prediction timed out after ${formatDuration(predictTimeoutMs)}`)
      this.abandon(sent.task.id)
    })
  }

  #killAfterGrace(sent: Sent): void {
    sent.stopTimer?.()
    sent.stopTimer = startTimer(CANCEL_GRACE_MS, () => this.kill())
  }

  #leave(id: string): Sent | undefined {
    const sent = this.#sent.get(id)
    if (!sent) return
    sent.stopTimer?.()
    this.#sent.delete(id)
    if (sent.abandoned) queueMicrotask(() => sent.task.onReleased())
    queueMicrotask(() => this.#listener.onFree())
    return sent
  }

  #measure(seconds: number): void {
    this.#averageMs += (seconds * 1000 - this.#averageMs) * NEWEST
  }

  #log(text: string): void {
    for (const { started, task } of this.#sent.values()) if (started) return task.onLog(text)
    this.#listener.onServerLog(text)
  }

  #onExit(how: string): void {
    const wasLoading = this.#state === 'loading'
    this.#state = 'ended'
    this.#stopSetupTimer()
    const untouched: Task[] = []
    for (const { started, abandoned, task, stopTimer } of this.#sent.values()) {
      stopTimer?.()
      if (abandoned) {
        task.onReleased()
        continue
      }
      if (started) task.onFailed(this.#reason ?? `The model's process ${how} while it ran this prediction`)
      else untouched.push(task)
    }
    this.#sent.clear()
    const when = this.#begun ? '' : wasLoading ? ' during setup' : ' before it ran anything'
    const reason = this.#reason ?? `The model's process ${how}${when}`
    const neverRan = { crashed: !wasLoading || this.#reason === undefined }
    this.#listener.onEnd(this.#begun ? { reason, untouched } : { reason, untouched, neverRan })
    this.#ended.resolve()
  }
}
