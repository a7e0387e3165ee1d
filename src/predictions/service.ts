import type { Logger } from 'pino'
import type { Account } from '../accounts/account.ts'
import type { Clock } from '../clock.ts'
import type { Writer } from '../db/writer.ts'
import { AppError, type FieldError, invalidFields, notFound } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import type { Model, Version } from '../models/model.ts'
import type { ModelRegistry } from '../models/registry.ts'
import { type Page, type Position, toPage } from '../page.ts'
import type { Scheduler } from '../scheduler/scheduler.ts'
import { newSecret, secretsEqual } from '../secret.ts'
import { doneWithin, startTimer } from '../timer.ts'
import { CLIENT_OBJECT, isClientObject } from './client-object.ts'
import { IdMaker } from './id.ts'
import { hashRequest, type IdempotencyKey, keyUsed } from './idempotency.ts'
import { type LiveContext, LivePrediction } from './live-prediction.ts'
import { cancel, interrupt, type Prediction, type Source, type WebhookEvent } from './prediction.ts'
import type { ListFilter, PredictionStore } from './store.ts'

const PAGE_SIZE = 100
/** Lists of predictions made in the browser go back this far (replicate-api.md 5.4). */
const WEB_LIST_MS = 14 * 24 * 3_600_000
const RETRY_AFTER_SECONDS = 5
/** Characters of input held in memory before creates are refused. */
const LIVE_SIZE = 512 * 2 ** 20
/** How long a caller waits for a change that the database does not take. */
const COMMIT_PATIENCE_MS = 10_000

export interface CreateRequest {
  account: Account
  /** What the caller named: a model, whose present version is meant, or a version in one of the forms of replicate-api.md 4.1. */
  target: { model: string } | { version: string }
  /** Rules of the body that are broken already; they are reported together with those of the input. */
  fieldErrors: readonly FieldError[]
  input: unknown
  webhook?: string | undefined
  webhookEventsFilter?: WebhookEvent[] | undefined
  cancelAfterMs: number | undefined
  source: Source
  origin: string
  idempotency: IdempotencyKey | undefined
}

export interface ServiceOptions {
  store: PredictionStore
  writer: Writer
  scheduler: Scheduler
  models: ModelRegistry
  clock: Clock
  log: Logger
  maxQueue: number
}

/** Creates, finds, lists and ends predictions; what clients may do, apart from how they say it. */
export class PredictionService {
  readonly #options: ServiceOptions
  readonly #context: LiveContext
  readonly #live = new Map<string, LivePrediction>()
  /** Creates by account and key whose row may not be there yet. */
  readonly #creating = new Map<string, Promise<Prediction>>()
  readonly #ids = new IdMaker()
  #lastCreatedAt: number
  #uncommitted = 0
  #liveSize = 0
  #draining = false
  #drained = false

  constructor(options: ServiceOptions) {
    this.#options = options
    // A millisecond later, because ids begin anew: within the same one they could sort before the last that was stored.
    this.#lastCreatedAt = options.store.lastCreatedAt() + 1
    this.#context = {
      writer: options.writer,
      clock: options.clock,
      log: options.log,
      onAbandoned: (live) => options.scheduler.abandon(live.view.contentHash, live.id),
      onEnded: (live) => this.#forget(live),
    }
  }

  /**
   * Accepts a prediction: it is on disk when this resolves.
   * @throws AppError `invalid` with every broken rule, `not_found`, or `unavailable` when no more can be taken.
   */
  async create(request: CreateRequest): Promise<Prediction> {
    const { idempotency, account } = request
    if (!idempotency) return this.#create(request, null)
    const requestHash = hashRequest(idempotency)
    const scope = `${account.username}\n${idempotency.key}`
    const creating = this.#creating.get(scope)
    const earlier = creating ? await creating.catch(() => undefined) : this.#findEarlier(account, idempotency)
    if (earlier) {
      if (earlier.account !== account.username || earlier.requestHash !== requestHash) throw keyUsed()
      return this.#view(earlier)
    }
    // The other request with this key was refused and stored nothing: this one begins anew.
    if (creating) return this.create(request)
    const created = this.#create(request, requestHash)
      .catch((error: unknown) => {
        throw error instanceof AppError && error.code === 'conflict' ? keyUsed() : error
      })
      .finally(() => this.#creating.delete(scope))
    this.#creating.set(scope, created)
    return created
  }

  /** @throws AppError `not_found`, also for predictions of other accounts */
  get(account: Account, id: string): Prediction {
    const found = this.#live.get(id)?.view ?? this.#options.store.find(id)
    if (!found || found.account !== account.username) throw notFound()
    return found
  }

  list(filter: ListFilter, position: Position | undefined): Page<Prediction> {
    const { source, createdAfter = 0 } = filter
    const since =
      source === 'web' ? Math.max(createdAfter, this.#options.clock.now() - WEB_LIST_MS) : filter.createdAfter
    const page = toPage(this.#options.store.list({ ...filter, createdAfter: since }, position, PAGE_SIZE), position)
    return { ...page, rows: page.rows.map((row) => this.#view(row)) }
  }

  /** Ends a prediction, unless it has ended: then it is answered as it is (replicate-api.md 5.3). */
  async cancel(account: Account, id: string): Promise<Prediction> {
    const prediction = this.get(account, id)
    const live = this.#live.get(id)
    if (!live) return prediction
    live.end(cancel)
    const ended = await this.waitForEnd(prediction, COMMIT_PATIENCE_MS)
    if (!ended) throw busy('The database cannot be written at the moment')
    return ended
  }

  /** Resolves to the ended prediction, or to undefined when the time is over first. */
  async waitForEnd({ account, id }: Prediction, timeoutMs: number): Promise<Prediction | undefined> {
    const live = this.#live.get(id)
    if (live && !live.ended) {
      if (live.left) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const stopListening = live.onChange(() => {
        if (live.ended || live.left) resolve()
      })
      const stopTimer = startTimer(timeoutMs, resolve)
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

  /** Settles what a former server left: what may have run has failed, the rest is queued again (rules 1). */
  async recover(): Promise<void> {
    const interrupted: Promise<void>[] = []
    let queued = 0
    for (const prediction of this.#options.store.unfinished()) {
      const stored = prediction.claimedAt === null ? undefined : this.#options.store.chunks(prediction.id)
      const live = new LivePrediction(prediction, this.#context, stored)
      this.#remember(live)
      if (live.claimed) {
        live.end(interrupt)
        interrupted.push(live.settled())
      } else {
        live.watchDeadline()
        this.#enqueue(live)
        queued++
      }
    }
    if (interrupted.length + queued > 0)
      this.#options.log.info({ interrupted: interrupted.length, queued }, 'took up what the last server left')
    // A disk that takes nothing does not hold up the start; the changes are tried again.
    await doneWithin(COMMIT_PATIENCE_MS, Promise.all(interrupted))
  }

  /** Accepts nothing more, and gives running predictions some time; those that need longer fail. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true
    const { log, scheduler } = this.#options
    log.info({ running: this.#live.size - scheduler.queued, queued: scheduler.queued }, 'stopping')
    await doneWithin(graceMs, scheduler.drain())
    for (const live of this.#live.values()) if (live.claimed) live.end(interrupt)
    // What cannot be committed now is settled by the next start.
    await doneWithin(COMMIT_PATIENCE_MS, Promise.all([...this.#live.values()].map((live) => live.settled())))
    this.#drained = true
    for (const live of this.#live.values()) live.leave()
  }

  async #create(request: CreateRequest, requestHash: string | null): Promise<Prediction> {
    const { target, input, idempotency } = request
    this.#assertAccepting()
    const { model, version } = this.#resolve(target, request.fieldErrors)
    const broken = [...request.fieldErrors, ...(isRecord(input) ? inputErrors(version, input) : [])]
    if (broken.length > 0 || !isRecord(input)) throw invalidFields(broken)

    const { runnable } = version
    const reservation = this.#options.scheduler.reserve(runnable)
    const createdAt = this.#nextCreatedAt()
    const live = new LivePrediction(
      {
        id: idempotency?.id ?? this.#ids.next(createdAt),
        account: request.account.username,
        model: runnable.model,
        version: version.id,
        contentHash: runnable.contentHash,
        status: 'starting',
        revision: 0,
        source: request.source,
        input,
        output: null,
        logs: '',
        error: null,
        metrics: null,
        createdAt,
        claimedAt: reservation ? createdAt : null,
        startedAt: null,
        completedAt: null,
        deadline: request.cancelAfterMs === undefined ? null : createdAt + request.cancelAfterMs,
        webhook: request.webhook ?? null,
        webhookEventsFilter: request.webhookEventsFilter ?? null,
        origin: request.origin,
        streamSecret: version.streams ? newSecret() : null,
        idempotencyKey: idempotency?.key ?? null,
        requestHash,
      },
      this.#context,
    )
    this.#uncommitted++
    try {
      await live.create()
    } catch (error) {
      reservation?.release()
      throw error
    } finally {
      this.#uncommitted--
    }
    this.#remember(live)
    this.#options.models.countRun(`${model.owner}/${model.name}`)
    const created = live.view
    live.watchDeadline()
    if (reservation) reservation.run(live)
    else this.#enqueue(live)
    // Its commit was under way when the server began to stop.
    if (this.#drained) live.leave()
    return created
  }

  #remember(live: LivePrediction): void {
    this.#live.set(live.id, live)
    this.#liveSize += live.size
  }

  #forget(live: LivePrediction): void {
    if (this.#live.delete(live.id)) this.#liveSize -= live.size
  }

  #enqueue(live: LivePrediction): void {
    const runnable = this.#options.models.findRunnable(live.view.contentHash)
    if (runnable) this.#options.scheduler.enqueue(runnable, live)
    else live.onFailed(`The package of ${live.view.model} is gone, so this version cannot be run any more`)
  }

  /** @throws AppError `unavailable` when the disk fails, the queue is full, or the server is about to stop */
  #assertAccepting(): void {
    const { writer, scheduler, maxQueue } = this.#options
    if (this.#draining) throw busy('The server is shutting down')
    if (writer.failing) throw busy('The database cannot be written at the moment')
    if (scheduler.queued + this.#uncommitted >= maxQueue) throw busy(`The queue is full: ${maxQueue} predictions wait`)
    if (this.#liveSize > LIVE_SIZE)
      throw busy('The inputs of waiting and running predictions fill the memory set aside for them')
  }

  /** The version to run. Where the body names none, its own errors say so. */
  #resolve(target: CreateRequest['target'], errors: readonly FieldError[]): { model: Model; version: Version } {
    const { models } = this.#options
    if ('model' in target) {
      const model = models.getModel(target.model)
      return { model, version: model.current }
    }
    if (target.version === '' && errors.length > 0) throw invalidFields(errors)
    return models.resolve(target.version)
  }

  /** Never below what has been committed, even when the clock is set back. */
  #nextCreatedAt(): number {
    this.#lastCreatedAt = Math.max(this.#lastCreatedAt, this.#options.clock.now())
    return this.#lastCreatedAt
  }

  #findEarlier(account: Account, { key, id }: IdempotencyKey): Prediction | undefined {
    const { store } = this.#options
    return store.findByIdempotencyKey(account.username, key) ?? (id === undefined ? undefined : store.find(id))
  }

  #view(row: Prediction): Prediction {
    return this.#live.get(row.id)?.view ?? row
  }
}

function inputErrors(version: Version, input: Record<string, unknown>): FieldError[] {
  return isClientObject(input) ? [CLIENT_OBJECT] : version.validateInput(input)
}

function busy(reason: string): AppError {
  return new AppError('unavailable', `${reason}; try again shortly`, { retryAfterSeconds: RETRY_AFTER_SECONDS })
}
