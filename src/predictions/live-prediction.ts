import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Write } from '../db/messages.ts'
import type { Writer } from '../db/writer.ts'
import { isConflict, messageOf } from '../errors.ts'
import { type JsonPath, withValues } from '../json-path.ts'
import type { Place } from '../models/input-places.ts'
import type { InputFile, OutputFile } from '../runner/protocol.ts'
import type { Loading, Task } from '../scheduler/task.ts'
import { sizeOf } from '../size-of.ts'
import { startTimer } from '../timer.ts'
import { bytesOf, isStored, type StoredPart } from './input-part.ts'
import type { PredictionObserver } from './observer.ts'
import type { Outbox } from './outbox.ts'
import {
  asBegun,
  claim,
  expire,
  fail,
  isTerminal,
  type Prediction,
  type Produced,
  type RunReport,
  type ServedFile,
  start,
  succeed,
} from './prediction.ts'
import type { Publication, Publish } from './publication.ts'
import { type Chunk, type Mark, NOTHING, RunOutput, toServed } from './run-output.ts'
import * as store from './store.ts'
import { isTimeName, Timeline } from './timeline.ts'

/** A start is committed together with what follows it within this time, which spares short runs a commit. */
const START_DELAY_MS = 5
/** Output and logs of a running prediction are stored this often. */
const CHUNK_MS = 500
/** Waits between tries to commit a change that the database refused; the last is repeated. */
const RETRY_MS = [50, 200, 1_000, 5_000]
const ERROR_LIMIT = 2 ** 16
const METRICS_LIMIT = 100
const METRIC_NAME_LIMIT = 100

type Transition = (p: Prediction, at: number) => Prediction | undefined

export interface LiveContext {
  writer: Writer
  clock: Clock
  log: Logger
  outbox: Outbox
  observer: PredictionObserver
  /** What becomes of a training that has run. */
  publish: Publish
  /** Called when the prediction has ended for its owner while a runner may still have it. */
  onAbandoned(live: LivePrediction): void
  /** Called after the terminal state has been committed and published. */
  onEnded(live: LivePrediction): void
  /** Called when a runner has let go of a prediction that had been ended without it. */
  onReleased(live: LivePrediction): void
}

/**
 * A prediction that has not ended, and the only way to change it. Transitions are computed against the state last
 * submitted; everybody else sees the state last acknowledged by the writer. At most one write of a prediction is under
 * way: what changes meanwhile goes with the next.
 */
export class LivePrediction implements Task {
  readonly #context: LiveContext
  readonly size: number
  /** Whether it may have a folder, because something of its input did not stay in the row. */
  readonly hasParts: boolean
  /** Where it waits or runs, once it has been given to the scheduler. */
  lane: string | undefined
  #bytes: number
  readonly #streams: boolean
  readonly #listeners = new Set<() => void>()
  readonly #output: RunOutput
  readonly #metrics: Record<string, number> = {}
  readonly #timeline: Timeline
  readonly #request: string | undefined
  #inputFiles: readonly InputFile[]
  #secrets: readonly [JsonPath, string][] = []
  #submitted: Prediction
  #acknowledged: Prediction
  #persisting: Promise<void> | undefined
  #startTimer: NodeJS.Timeout | undefined
  #chunkTimer: NodeJS.Timeout | undefined
  #stopDeadline: (() => void) | undefined
  /** Whether it has entered `processing`, and nobody has been told. */
  #untoldBegin = false
  #left = false
  /** A training has run, and its version is being made. */
  #publishing: { stop: AbortController; done: Promise<void> } | undefined
  /** What a training has made, until it is committed. */
  #publication: Publication | undefined
  /** How many chunks are stored, and how much they hold. */
  #chunks: { count: number; mark: Mark } = { count: 0, mark: NOTHING }

  /**
   * @param stored what a former server kept of the output and logs
   * @param request id of the request that creates it
   */
  constructor(prediction: Prediction, context: LiveContext, stored?: Chunk, request?: string) {
    this.#context = context
    this.#request = request
    this.#submitted = prediction
    this.#acknowledged = prediction
    this.#streams = prediction.streamSecret !== null
    this.size = sizeOf(prediction.input)
    this.hasParts = prediction.inputParts.length > 0
    this.#bytes = bytesOf(prediction.inputParts)
    this.#inputFiles = prediction.inputParts.filter(isStored)
    this.#output = new RunOutput(stored)
    this.#timeline = new Timeline(prediction.createdAt, context.clock, { begun: stored !== undefined })
    // One that was begun is not taken up again: no further chunk will be counted, and all are folded when it ends.
    if (stored) this.#chunks = { count: 1, mark: this.#output.mark }
  }

  get id(): string {
    return this.#submitted.id
  }

  get account(): string {
    return this.#submitted.account
  }

  /** What the parts of its input take on the disk. */
  get bytes(): number {
    return this.#bytes
  }

  get input(): Prediction['input'] {
    return withValues(this.#submitted.input, this.#secrets)
  }

  /** What lies in the prediction's folder; what has to be downloaded is missing until it has come. */
  get inputFiles(): readonly InputFile[] {
    return this.#inputFiles
  }

  /** The committed state, with what has been produced since. */
  get view(): Prediction {
    const p = this.#acknowledged
    if (p.status === 'starting' && this.#output.logs !== '') return { ...p, logs: this.#output.logs }
    if (p.status !== 'processing') return p
    return { ...p, ...this.#produced(), output: this.#streams ? [...this.#output.values] : null }
  }

  /** Committed and final. */
  get ended(): boolean {
    return isTerminal(this.#acknowledged.status)
  }

  /** Whether it may still be run: nothing has been submitted that ends it. */
  get wanted(): boolean {
    return !isTerminal(this.#submitted.status)
  }

  /** Whether this server stops before the prediction has ended; the next one takes it up. */
  get left(): boolean {
    return this.#left
  }

  /** Whether a runner may have begun it, as far as the last submitted state tells. */
  get claimed(): boolean {
    return this.#submitted.claimedAt !== null
  }

  /** The committed state, without what has been produced since. */
  get committed(): Prediction {
    return this.#acknowledged
  }

  /** How much has been produced: streamed values, and characters of logs. Nothing, before the start is committed. */
  get produced(): Readonly<Mark> {
    return this.#begun ? this.#output.mark : NOTHING
  }

  /** Values streamed so far; nothing, before the start is committed. */
  get streamed(): readonly unknown[] {
    return this.#begun ? this.#output.values : []
  }

  /** The files in what was streamed, in its order. */
  get streamedFiles(): readonly ServedFile[] {
    return this.#begun ? this.#output.files : []
  }

  /** Calls back after each change that readers may see, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Commits the first row. @throws AppError when it could not be kept. */
  async create(): Promise<void> {
    await this.#context.writer.submit(store.insert(this.#submitted))
    this.#context.observer.onCreated?.(this.#acknowledged)
  }

  /** Ends the prediction at the time that its `Cancel-After` set. */
  watchDeadline(): void {
    const { deadline } = this.#submitted
    if (deadline !== null) this.#stopDeadline = startTimer(deadline - this.#now(), () => this.end(expire))
  }

  /** Gives the model, and nobody else, what the asterisks stand for. */
  revealSecrets(secrets: readonly Place[]): void {
    this.#secrets = secrets.map(({ path, text }) => [path, text])
  }

  /** Adds what was downloaded, so that the prediction can be run. */
  addInputFiles(files: readonly StoredPart[]): void {
    this.#inputFiles = [...this.#inputFiles, ...files]
    this.#bytes += bytesOf(files)
  }

  /**
   * Applies a transition to the last submitted state and begins to commit it.
   * @returns false when the prediction has ended and nothing changed.
   */
  change(transition: Transition): boolean {
    if (!this.#submit(transition)) return false
    this.#persist()
    return true
  }

  /** Ends the prediction in a way that the runner did not ask for. */
  end(transition: (p: Prediction, produced: Produced, at: number) => Prediction | undefined): void {
    if (this.change((p, at) => transition(p, this.#produced(), at))) this.#context.onAbandoned(this)
  }

  /** Resolves when the last submitted state has been committed. */
  async settled(): Promise<void> {
    await this.#persisting
  }

  /** Resolves when nothing is being made any more of what it has run. */
  async published(): Promise<void> {
    await this.#publishing?.done
  }

  async claim(): Promise<void> {
    this.change(claim)
    await this.settled()
  }

  onSent(loading?: Loading): void {
    this.#timeline.send(loading)
  }

  onReturned(): void {
    this.#timeline.enter('queue')
  }

  /** Takes note that what its input names by URL is being fetched, or has been. */
  onFetching(fetching: boolean): void {
    this.#timeline.enter(fetching ? 'fetch' : 'queue')
  }

  onStarted(): void {
    this.#timeline.enter('run')
    if (!this.#submit(start)) return
    this.#untoldBegin = true
    this.#startTimer = setTimeout(() => this.#persist(), START_DELAY_MS)
  }

  onOutput(values: readonly unknown[], files: readonly OutputFile[]): void {
    if (isTerminal(this.#submitted.status)) return
    this.#output.addValues(values, files)
    this.#produce()
  }

  onLog(text: string): void {
    if (isTerminal(this.#submitted.status) || !this.#output.addLog(text)) return
    // Before the start they tell how the model loads: ten thousand that wait are not worth as many writes.
    if (this.#submitted.status === 'starting') this.#publish()
    else this.#produce()
  }

  onMetric(name: string, value: number): void {
    const key = name.slice(0, METRIC_NAME_LIMIT)
    // Those are measured here, and a stage that was not gone through has none.
    if (isTimeName(key)) return
    if (Object.hasOwn(this.#metrics, key) || Object.keys(this.#metrics).length < METRICS_LIMIT)
      this.#metrics[key] = value
  }

  onDone(output: unknown, files: readonly OutputFile[], seconds: number, storeSeconds = 0): void {
    const stored = Math.min(Math.max(storeSeconds, 0), seconds)
    const predictSeconds = seconds - stored
    this.#timeline.ran(seconds > 0 ? stored / seconds : 0)
    const { values, files: streamedFiles, logs } = this.#output
    const whole = this.#streams
      ? { output: values, outputFiles: streamedFiles }
      : { output, outputFiles: files.map(toServed) }
    const report = { ...whole, logs, metrics: this.#metrics, predictSeconds }
    if (this.#submitted.destination === null) this.change((p, at) => succeed(p, report, at))
    else if (this.wanted) this.#makeVersion(report)
  }

  onReleased(): void {
    this.#context.onReleased(this)
  }

  onFailed(message: string, predictSeconds?: number): void {
    const measured = predictSeconds === undefined ? {} : { predictSeconds }
    this.change((p, at) =>
      fail(p, message.slice(0, ERROR_LIMIT), { ...this.#produced(), metrics: this.#metrics, ...measured }, at),
    )
  }

  /** Tells those who wait that it does not end here. */
  leave(): void {
    this.#left = true
    this.#clearTimers()
    this.#publish()
  }

  /** Whether readers know that it runs: only then does `view` show what it gives out, and its files are served. */
  get #begun(): boolean {
    return this.#acknowledged.status !== 'starting'
  }

  #produced(): Produced {
    const { values, files, logs } = this.#output
    return { output: this.#streams && values.length > 0 ? values : null, outputFiles: files, logs }
  }

  /** Announces output and logs at once and stores them soon: they are the only things told before they are on disk. */
  #produce(): void {
    if (isTerminal(this.#submitted.status)) return
    this.#chunkTimer ??= setTimeout(() => void this.#storeChunk(), CHUNK_MS)
    this.#publish()
  }

  #submit(transition: Transition): boolean {
    const next = transition(this.#submitted, this.#now())
    if (!next) return false
    const times = isTerminal(next.status) ? { metrics: { ...next.metrics, ...this.#timeline.end() } } : {}
    this.#submitted = { ...next, ...times, revision: this.#submitted.revision + 1 }
    if (isTerminal(next.status)) this.#clearTimers()
    if (isTerminal(next.status) && next.status !== 'succeeded') this.#publishing?.stop.abort()
    return true
  }

  /** A training goes on while its version is made; it succeeds in the transaction that makes the version visible. */
  #makeVersion(report: RunReport): void {
    this.#timeline.enter('store')
    const stop = new AbortController()
    const options = { log: (text: string) => this.onLog(text), signal: stop.signal }
    const done = this.#context.publish(this.#submitted, options).then(
      (publication) => {
        this.#publication = publication
        const { output } = publication
        if (this.change((p, at) => succeed(p, { ...report, output, logs: this.#output.logs }, at))) return
        this.#publication = undefined
        publication.discard()
      },
      (error) => this.onFailed(messageOf(error), report.predictSeconds),
    )
    this.#publishing = { stop, done }
  }

  /**
   * The training fails when its version cannot be committed, because the destination is not what it was.
   * @returns whether there is a version to blame
   */
  #withdraw({ status, revision, logs, metrics, destination }: Prediction): boolean {
    const publication = this.#publication
    if (status !== 'succeeded' || !publication) return false
    this.#publication = undefined
    publication.discard()
    const { predict_time: predictSeconds = 0, ...own } = metrics ?? {}
    const reason = `The version could not be added to ${destination}, which has changed or is gone`
    const produced = { output: null, outputFiles: [], logs, metrics: own, predictSeconds }
    const failed = fail(asBegun(this.#submitted), reason, produced, this.#now())
    if (failed) this.#submitted = { ...failed, revision }
    return true
  }

  /** A clock that was set back does not make a prediction end before it began. */
  #now(): number {
    const { createdAt, startedAt } = this.#submitted
    return Math.max(this.#context.clock.now(), startedAt ?? createdAt)
  }

  #clearTimers(): void {
    clearTimeout(this.#startTimer)
    clearTimeout(this.#chunkTimer)
    this.#stopDeadline?.()
  }

  #persist(): void {
    this.#persisting ??= this.#commitChanges().finally(() => {
      this.#persisting = undefined
    })
  }

  async #commitChanges(): Promise<void> {
    let failures = 0
    while (this.#acknowledged !== this.#submitted && !this.#left) {
      const target = this.#submitted
      const began = this.#untoldBegin
      try {
        await this.#context.writer.submit(await this.#writesFor(target, began))
      } catch (error) {
        this.#context.log.error(
          { err: error, prediction: target.id, status: target.status },
          'a change could not be committed',
        )
        // Somebody else has written the row; what it holds now is what counts.
        if (isConflict(error)) {
          if (this.#withdraw(target)) continue
          this.leave()
          return this.#context.onEnded(this)
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]))
        continue
      }
      if (began) this.#untoldBegin = false
      this.#acknowledged = target
      if (target.status === 'succeeded') this.#publication?.announce()
      this.#context.outbox.onCommitted(target)
      this.#publish()
      if (isTerminal(target.status))
        this.#context.observer.onEnded(target, { timeline: this.#timeline, request: this.#request })
    }
    if (this.ended) this.#context.onEnded(this)
  }

  async #writesFor(target: Prediction, began: boolean): Promise<Write> {
    const folds = isTerminal(target.status) && this.#chunks.count > 0
    const told = target.webhook === null ? [] : await this.#context.outbox.writesFor(target, began)
    const published = target.status === 'succeeded' ? (this.#publication?.writes ?? []) : []
    const changed = store.update(target, this.#acknowledged.revision)
    return [...changed, ...published, ...(folds ? store.fold(target.id) : []), ...told]
  }

  async #storeChunk(): Promise<void> {
    const from = this.#chunks
    const mark = this.#output.mark
    const chunk = this.#output.since(from.mark)
    this.#chunks = { count: from.count + 1, mark }
    try {
      await this.#context.writer.submit(store.append(this.id, from.count, chunk, this.#context.clock.now()))
    } catch {
      // Goes with the next one; the whole is written when the prediction ends.
      this.#chunks = from
    }
    this.#chunkTimer = undefined
    const { output, logs } = this.#chunks.mark
    if (output < this.#output.mark.output || logs < this.#output.mark.logs) this.#produce()
  }

  #publish(): void {
    for (const listener of this.#listeners) listener()
  }
}
