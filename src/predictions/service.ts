import type { Logger } from 'pino'
import { type Account, isExampleAccount } from '../accounts/account.ts'
import type { Clock } from '../clock.ts'
import type { Writer } from '../db/writer.ts'
import { AppError, busy, messageOf, notFound, RETRY_AFTER_SECONDS } from '../errors.ts'
import type { FileService } from '../files/service.ts'
import type { Place } from '../models/input-places.ts'
import type { ModelRegistry } from '../models/registry.ts'
import type { Downloader } from '../outbound/downloader.ts'
import { type Page, type Position, toPage } from '../page.ts'
import type { Reservation } from '../scheduler/lane.ts'
import type { Outlook } from '../scheduler/outlook.ts'
import { laneOf, type RunnableVersion } from '../scheduler/runnable-version.ts'
import type { Scheduler } from '../scheduler/scheduler.ts'
import { secretsEqual } from '../secret.ts'
import type { SecretBox } from '../secret-box.ts'
import { doneWithin, startTimer } from '../timer.ts'
import type { TraceContext } from '../traces/trace-context.ts'
import { lastUses } from './content-uses.ts'
import { type CreateRequest, Creation } from './creation.ts'
import type { Deployments, DeploymentUse } from './deployments.ts'
import type { PredictionFolders } from './folders.ts'
import { InputDownloads } from './input-downloads.ts'
import { isRemote } from './input-part.ts'
import type { OwnFile } from './input-plan.ts'
import { type LiveContext, LivePrediction } from './live-prediction.ts'
import { LiveSet } from './live-set.ts'
import type { PredictionObserver } from './observer.ts'
import type { Outbox } from './outbox.ts'
import { OwnFiles } from './own-files.ts'
import { cancel, interrupt, isTerminal, type Prediction } from './prediction.ts'
import type { Publish } from './publication.ts'
import { type ListFilter, type PredictionStore, removeData } from './store.ts'

const PAGE_SIZE = 100
/** Lists of predictions made in the browser go back this far (replicate-api.md 5.4). */
const WEB_LIST_MS = 14 * 24 * 3_600_000
const ID_LENGTH = 26
/** How long a caller waits for a change that the database does not take. */
const COMMIT_PATIENCE_MS = 10_000
/** Longest time after which a client that found no room is told to come again. */
const LONGEST_RETRY_AFTER_SECONDS = 60

export interface ServiceOptions {
  store: PredictionStore
  writer: Writer
  scheduler: Scheduler
  models: ModelRegistry
  deployments: Deployments
  files: FileService
  folders: PredictionFolders
  outbox: Outbox
  observer: PredictionObserver
  publish: Publish
  /** @throws AppError unless the account may add versions to the model of this name */
  assertDestination(account: Account, name: string): void
  downloader: Downloader
  /** Seals secret inputs while they wait. */
  secretBox: SecretBox
  clock: Clock
  log: Logger
  maxQueue: number
  /** How much of the queue one account may take, in percent. */
  queueShare(): number
}

/** Creates, finds, lists and ends predictions; what clients may do, apart from how they say it. */
export class PredictionService {
  readonly #options: ServiceOptions
  readonly #context: LiveContext
  readonly #live = new LiveSet()
  readonly #creation: Creation
  readonly #downloads: InputDownloads
  #draining = false
  #drained = false

  constructor(options: ServiceOptions) {
    this.#options = options
    this.#context = {
      writer: options.writer,
      clock: options.clock,
      log: options.log,
      outbox: options.outbox,
      observer: options.observer,
      publish: options.publish,
      onAbandoned: (live) => {
        this.#downloads.abandon(live)
        if (live.lane !== undefined) options.scheduler.abandon(live.lane, live.id)
      },
      onEnded: (live) => this.#forget(live),
      // It may have gone on to write after its folder was tidied.
      onReleased: (live) => {
        if (live.ended) this.#tidy(live)
      },
    }
    this.#downloads = new InputDownloads({
      folders: options.folders,
      hasRoom: () => this.#live.full === undefined,
      downloader: options.downloader,
      onFetched: (live) => this.#live.recount(live),
      onReady: (live) => this.#enqueue(live),
    })
    this.#creation = new Creation({
      ...options,
      ownFiles: new OwnFiles(options.files, (token) => this.findOutputFile(token)),
      view: (row) => this.#view(row),
      assertOpen: () => this.#assertOpen(),
      assertRoom: (account, runnable) => this.#assertRoom(account, runnable),
      admit: (...admitted) => this.#admit(...admitted),
    })
  }

  /**
   * Accepts a prediction: it is on disk when this resolves.
   * @throws AppError `invalid` with every broken rule, `not_found`, `unavailable` when no more can be taken, or
   * `throttled` when no more of the account
   */
  create(request: CreateRequest): Promise<Prediction> {
    return this.#creation.create(request)
  }

  /** How many have not ended, by model. */
  get liveByModel(): Iterable<readonly [model: string, count: number]> {
    return this.#live.byModel
  }

  /** Whoever it belongs to. */
  find(id: string): Prediction | undefined {
    return this.#live.get(id)?.view ?? this.#options.store.find(id)
  }

  /** Where a prediction belongs in the traces of others. */
  traceOf(id: string): TraceContext | null {
    return this.#live.get(id)?.committed.trace ?? this.#options.store.traceOf(id)
  }

  /** @throws AppError `not_found`, also for predictions of other accounts */
  get(account: Account, id: string): Prediction {
    const found = this.find(id)
    if (!found || !this.#isVisible(account, found)) throw notFound()
    return found
  }

  /** Examples are shown to everybody who sees their model. */
  #isVisible(account: Account, { account: username, model: name }: Prediction): boolean {
    if (!isExampleAccount({ username })) return username === account.username
    const { models } = this.#options
    const model = models.find(name)
    return username === account.username || (model !== undefined && models.isVisible(account, model))
  }

  /** @throws AppError as `get` does, and `forbidden` for an example, which others see, too, and nobody changes */
  #getOwn(account: Account, id: string): Prediction {
    const found = this.get(account, id)
    if (found.account !== account.username)
      throw new AppError('forbidden', 'This is an example of a model, which nobody can cancel or remove')
    return found
  }

  /** @throws AppError `not_found`, also for predictions that are no training */
  getTraining(account: Account, id: string): Prediction {
    const found = this.get(account, id)
    if (found.destination === null) throw notFound()
    return found
  }

  list(filter: ListFilter, position: Position | undefined): Page<Prediction> {
    const { source, createdAfter = 0 } = filter
    const since =
      source === 'web' ? Math.max(createdAfter, this.#options.clock.now() - WEB_LIST_MS) : filter.createdAfter
    const page = toPage(this.#options.store.list({ ...filter, createdAfter: since }, position, PAGE_SIZE), position)
    return { ...page, rows: page.rows.map((row) => this.#view(row)) }
  }

  /** Where a prediction stands that waits for a replica; undefined for all others, and while it is handed to one. */
  outlookOf(id: string): Outlook | undefined {
    const lane = this.#live.get(id)?.lane
    return lane === undefined ? undefined : this.#options.scheduler.outlookOf(lane, id)
  }

  /** How a deployment of an account is used. */
  useOf(account: string, deployment: string): DeploymentUse {
    return this.#options.store.useOf(account, deployment)
  }

  /**
   * Ends a prediction, unless it has ended: then it is answered as it is (replicate-api.md 5.3).
   * @throws AppError `not_found`, or `forbidden` for an example
   */
  async cancel(account: Account, id: string): Promise<Prediction> {
    const prediction = this.#getOwn(account, id)
    const live = this.#live.get(id)
    if (!live) return prediction
    live.end(cancel)
    const ended = await this.waitForEnd(prediction, COMMIT_PATIENCE_MS)
    if (!ended) throw busy('The database cannot be written at the moment')
    return ended
  }

  /**
   * Resolves to the ended prediction, or to undefined when the time is over first.
   * @param onGone calls back when nobody waits any more
   */
  async waitForEnd(
    { account, id }: Prediction,
    timeoutMs: number,
    onGone?: (callback: () => void) => void,
  ): Promise<Prediction | undefined> {
    const live = this.#live.get(id)
    if (live && !live.ended) {
      if (live.left) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const stopListening = live.onChange(() => {
        if (live.ended || live.left) resolve()
      })
      const stopTimer = startTimer(timeoutMs, resolve)
      onGone?.(resolve)
      await promise
      stopListening()
      stopTimer()
      return live.ended ? live.view : undefined
    }
    return this.get({ username: account }, id)
  }

  /** @throws AppError `not_found` unless the secret is the one that was handed out with the prediction */
  findStream(id: string, secret: string): { prediction: Prediction; live: LivePrediction | undefined } {
    const live = this.#live.get(id)
    const prediction = live?.view ?? this.#options.store.find(id)
    if (!prediction?.streamSecret || !secretsEqual(prediction.streamSecret, secret)) throw notFound()
    return { prediction, live }
  }

  /** The file that an output URL names, and where it lies; undefined for secrets that were not handed out. */
  findOutputFile(token: string): OwnFile | undefined {
    const [id, secret] = [token.slice(0, ID_LENGTH), token.slice(ID_LENGTH)]
    const outputFiles = this.#live.get(id)?.view.outputFiles ?? this.#options.store.outputFiles(id)
    const found = outputFiles.find((served) => secretsEqual(served.secret, secret))
    if (!found) return
    const { file, name, contentType, size } = found
    return { path: this.#options.folders.pathOf(id, file), name, contentType, size }
  }

  /**
   * Takes away for good what a prediction took in and gave out.
   * @throws AppError `not_found`, `forbidden` for an example, or `invalid` while it has not ended
   */
  async removeData(account: Account, id: string): Promise<void> {
    if (!isTerminal(this.#getOwn(account, id).status))
      throw new AppError('invalid', 'The prediction has not ended; cancel it first, then remove its data')
    await this.#options.writer.submit([...removeData([id]), ...this.#options.outbox.writesForRemoval([id])])
    await this.#options.folders.remove(id)
  }

  /** What was created with a key, if it was. */
  findByKey(account: Account, key: string): Prediction | undefined {
    const row = this.#options.store.findByIdempotencyKey(account.username, key)
    return row && this.#view(row)
  }

  /** Whether a training of a version has not ended. */
  isTraining(model: string, version: string): boolean {
    for (const { committed } of this.#live)
      if (committed.destination !== null && committed.model === model && committed.version === version) return true
    return false
  }

  /** Contents that predictions use which have not ended, those included that were being made when this was called. */
  async contentInUse(): Promise<Set<string>> {
    await this.#creation.allSettled()
    return new Set([...this.#live].map(({ committed }) => committed.contentHash))
  }

  /** When content was last used, if that was after a time; undefined when the server stops before all is known. */
  lastUses(after: number): Promise<Map<string, number> | undefined> {
    return lastUses(this.#options.store, after, () => !this.#draining)
  }

  /** Cancels what has not ended of a version that nobody finds any more; resolves when all of it has. */
  async cancelAll(model: string, version: string): Promise<void> {
    await this.#creation.settled(model, version)
    const unfinished = [...this.#live].filter(({ view }) => view.model === model && view.version === version)
    for (const live of unfinished) live.end(cancel)
    await Promise.all(unfinished.map((live) => live.settled()))
  }

  /** Whether its folder is in use although no row may say so. */
  isActive(id: string): boolean {
    return this.#live.has(id) || this.#creation.isPending(id)
  }

  /** Settles what a former server left: what may have run has failed, the rest is queued again (rules 1). */
  async recover(): Promise<void> {
    const interrupted: Promise<void>[] = []
    let queued = 0
    for (const prediction of this.#options.store.unfinished()) {
      const stored = prediction.claimedAt === null ? undefined : this.#options.store.chunks(prediction.id)
      const live = new LivePrediction(prediction, this.#context, stored)
      this.#live.add(live)
      this.#options.outbox.follow(live)
      if (live.claimed) {
        live.end(interrupt)
        interrupted.push(live.settled())
      } else {
        live.watchDeadline()
        this.#reveal(live, prediction)
        if (live.wanted) this.#queue(live)
        queued++
      }
    }
    if (interrupted.length + queued > 0)
      this.#options.log.info({ interrupted: interrupted.length, queued }, 'took up what the last server left')
    // A disk that takes nothing does not hold up the start; the changes are tried again.
    await doneWithin(COMMIT_PATIENCE_MS, Promise.all(interrupted))
  }

  /** Whether it takes nothing more, because the server stops. */
  get draining(): boolean {
    return this.#draining
  }

  /** Begins to run what is queued, and to download what it needs; until then all is only taken in. */
  start(): void {
    this.#options.scheduler.start()
    this.#downloads.open()
  }

  /** Accepts nothing more, and gives running predictions some time; those that need longer fail. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true
    const { log, scheduler } = this.#options
    log.info({ running: this.#live.size - scheduler.queued, queued: scheduler.queued }, 'stopping')
    const published = () => Promise.all([...this.#live].map((live) => live.published()))
    await doneWithin(graceMs, scheduler.drain().then(published))
    this.#downloads.close()
    for (const live of this.#live) if (live.claimed) live.end(interrupt)
    // What cannot be committed now is settled by the next start.
    const settled = [...this.#live].map((live) => Promise.all([live.published(), live.settled()]))
    await doneWithin(COMMIT_PATIENCE_MS, Promise.all(settled))
    this.#drained = true
    for (const live of this.#live) live.leave()
  }

  /** Keeps a new prediction and sends it on its way. */
  async #admit(
    prediction: Prediction,
    secrets: readonly Place[],
    reservation: Reservation | undefined,
    request: string | undefined,
  ): Promise<Prediction> {
    const live = new LivePrediction(prediction, this.#context, undefined, request)
    live.revealSecrets(secrets)
    try {
      await live.create()
    } catch (error) {
      reservation?.release()
      throw error
    }
    this.#live.add(live)
    this.#options.outbox.follow(live)
    const created = live.view
    live.watchDeadline()
    if (reservation) {
      live.lane = reservation.lane
      reservation.run(live)
    } else this.#queue(live)
    // Its commit was under way when the server began to stop.
    if (this.#drained) live.leave()
    return created
  }

  #forget(live: LivePrediction): void {
    this.#live.remove(live)
    this.#downloads.forget(live)
    const { status, outputFiles, destination } = live.view
    // What succeeded without files has no folder; what failed may have left some that nobody will hear of.
    if (status === 'succeeded' && !live.hasParts && outputFiles.length === 0 && destination === null) return
    this.#tidy(live)
  }

  /** Removes from its folder what its row does not name. */
  #tidy(live: LivePrediction): void {
    const { inputParts, outputFiles } = live.view
    const kept = new Set([...inputParts, ...outputFiles].map(({ file }) => file))
    this.#options.folders.keepOnly(live.id, kept).catch((error) => {
      this.#options.log.warn(
        { err: error, prediction: live.id },
        'a folder could not be tidied; the next sweep does it',
      )
    })
  }

  #reveal(live: LivePrediction, { sealedSecrets }: Prediction): void {
    if (!sealedSecrets) return
    try {
      const secrets: Place[] = JSON.parse(this.#options.secretBox.open(sealedSecrets))
      live.revealSecrets(secrets)
    } catch (error) {
      live.onFailed(`Its secrets cannot be read any more: ${messageOf(error)}`)
    }
  }

  /** Downloads what its input names by URL first. */
  #queue(live: LivePrediction): void {
    if (live.view.inputParts.some(isRemote)) this.#downloads.add(live)
    else this.#enqueue(live)
  }

  #enqueue(live: LivePrediction): void {
    const { destination } = live.committed
    const found = this.#findRunnable(live.committed)
    const runnable = destination === null ? found : found?.training
    if (!runnable)
      return live.onFailed(`The package of ${live.view.model} is gone, so this version cannot be run any more`)
    live.lane = laneOf(runnable)
    this.#options.scheduler.enqueue(runnable, live)
  }

  /** Where its deployment runs another version by now, the replicas that all share serve it. */
  #findRunnable({ account, deployment, contentHash }: Prediction): RunnableVersion | undefined {
    const { deployments, models } = this.#options
    const own = deployment === null ? undefined : deployments.findRunnable(account, deployment, contentHash)
    return own ?? models.findRunnable(contentHash)
  }

  /** @throws AppError `unavailable` when the disk fails, the inputs take too much, or the server is about to stop */
  #assertOpen(): void {
    if (this.#draining) throw busy('The server is shutting down')
    if (this.#options.writer.failing) throw busy('The database cannot be written at the moment')
    if (this.#live.full) throw busy(this.#live.full)
  }

  /** @throws AppError `throttled` when the account has its share of the queue, `unavailable` when that is full */
  #assertRoom({ username }: Account, runnable: RunnableVersion): void {
    const { scheduler, maxQueue, queueShare } = this.#options
    const queued = scheduler.queued + this.#downloads.waiting + this.#creation.pending
    const share = Math.max(1, Math.floor((maxQueue * queueShare()) / 100))
    if (queued < Math.min(share, maxQueue)) return
    const drainMs = scheduler.drainMsOf(runnable) ?? RETRY_AFTER_SECONDS * 1000
    const retryAfterSeconds = Math.min(LONGEST_RETRY_AFTER_SECONDS, Math.max(1, Math.ceil(drainMs / 1000)))
    if (share < maxQueue && this.#queuedOf(username) >= share)
      throw new AppError(
        'throttled',
        `Request was throttled: ${share} of your predictions wait already. Expected available in ~${retryAfterSeconds}s.`,
        { retryAfterSeconds },
      )
    if (queued >= maxQueue) throw busy(`The queue is full: ${maxQueue} predictions wait`, undefined, retryAfterSeconds)
  }

  #queuedOf(account: string): number {
    const { scheduler } = this.#options
    return scheduler.queuedOf(account) + this.#downloads.waitingOf(account) + this.#creation.pendingOf(account)
  }

  #view(row: Prediction): Prediction {
    return this.#live.get(row.id)?.view ?? row
  }
}
