import type { Account } from '../accounts/account.ts'
import type { Clock } from '../clock.ts'
import { isDiskTrouble } from '../disk-trouble.ts'
import { AppError, busy, type FieldError, invalidFields, isConflict } from '../errors.ts'
import { IdMaker } from '../id.ts'
import { isRecord } from '../is-record.ts'
import type { Place } from '../models/input-places.ts'
import type { Model } from '../models/model.ts'
import type { ModelRegistry } from '../models/registry.ts'
import type { Callable, Version } from '../models/version.ts'
import type { Reservation } from '../scheduler/lane.ts'
import type { RunnableVersion } from '../scheduler/runnable-version.ts'
import type { Scheduler } from '../scheduler/scheduler.ts'
import { newSecret } from '../secret.ts'
import type { SecretBox } from '../secret-box.ts'
import { Tally } from '../tally.ts'
import type { TraceContext } from '../traces/trace-context.ts'
import { CLIENT_OBJECT, isClientObject } from './client-object.ts'
import type { Deployments } from './deployments.ts'
import type { PredictionFolders } from './folders.ts'
import { hashRequest, type IdempotencyKey, keyUsed } from './idempotency.ts'
import { isRemote } from './input-part.ts'
import { type InputPlan, planInput } from './input-plan.ts'
import { storeParts } from './input-storage.ts'
import type { OwnFiles } from './own-files.ts'
import { begin, type Prediction, type Source, type WebhookEvent } from './prediction.ts'
import type { PredictionStore } from './store.ts'

export interface CreateRequest {
  account: Account
  /**
   * What the caller named: a model or a deployment, whose present version is meant, or a version in one of the forms of
   * replicate-api.md 4.1.
   */
  target: { model: string } | { deployment: { owner: string; name: string } } | { version: string } | TrainingTarget
  /** Rules of the body that are broken already; they are reported together with those of the input. */
  fieldErrors: readonly FieldError[]
  input: unknown
  webhook?: string | undefined
  webhookEventsFilter?: WebhookEvent[] | undefined
  cancelAfterMs: number | undefined
  source: Source
  origin: string
  /** Whether its stream shows files as data URIs. */
  inline: boolean
  idempotency: IdempotencyKey | undefined
  /** Id of the request, for the log. */
  request?: string | undefined
  /** Where it belongs in the traces of others. */
  trace?: TraceContext | null
}

/** A version that is to make one of another model. */
export interface TrainingTarget {
  /** `owner/name` of the model that is trained. */
  trainer: string
  /** Its id. */
  version: string
  /** `owner/name`; empty where the request names none. */
  destination: string
}

export interface CreationOptions {
  store: PredictionStore
  scheduler: Scheduler
  models: ModelRegistry
  deployments: Deployments
  folders: PredictionFolders
  ownFiles: OwnFiles
  /** Seals secret inputs while they wait. */
  secretBox: SecretBox
  clock: Clock
  /** @throws AppError `unavailable` when nothing can be taken */
  assertOpen(): void
  /** @throws AppError `unavailable` when no more can be taken, `throttled` when no more of the account */
  assertRoom(account: Account, runnable: RunnableVersion): void
  /** @throws AppError unless the account may add versions to the model of this name */
  assertDestination(account: Account, name: string): void
  /** The present state of a prediction whose row may be behind. */
  view(row: Prediction): Prediction
  /** Commits a new prediction and sends it on its way. */
  admit(
    p: Prediction,
    secrets: readonly Place[],
    reservation: Reservation | undefined,
    request: string | undefined,
  ): Promise<Prediction>
}

interface Beginning {
  /** `owner/name` */
  model: string
  version: string
  /** Resolves when it is a prediction like others, or has been refused. */
  over: Promise<void>
}

/** Makes predictions of what clients ask for, each once (rules 3). */
export class Creation {
  readonly #options: CreationOptions
  /** Creates by account and key whose row may not be there yet. */
  readonly #creating = new Map<string, Promise<Prediction>>()
  /** Predictions whose row may not be there yet, though their folder is. */
  readonly #beginning = new Map<string, Beginning>()
  readonly #beginningOf = new Tally()
  readonly #ids = new IdMaker()
  #lastCreatedAt: number

  constructor(options: CreationOptions) {
    this.#options = options
    // A millisecond later, because ids begin anew: within the same one they could sort before the last that was stored.
    this.#lastCreatedAt = options.store.lastCreatedAt() + 1
  }

  /** How many are being made. */
  get pending(): number {
    return this.#beginning.size
  }

  /** Those of one account. */
  pendingOf(account: string): number {
    return this.#beginningOf.of(account)
  }

  isPending(id: string): boolean {
    return this.#beginning.has(id)
  }

  /** Resolves when nothing is being made any more of what was asked until now. */
  async allSettled(): Promise<void> {
    await Promise.all([...this.#beginning.values()].map(({ over }) => over))
  }

  /** Resolves when nothing is being made any more of what was asked of a version until now. */
  async settled(model: string, version: string): Promise<void> {
    const making = [...this.#beginning.values()].filter((one) => one.model === model && one.version === version)
    await Promise.all(making.map(({ over }) => over))
  }

  /**
   * Accepts a prediction: it is on disk when this resolves.
   * @throws AppError `invalid` with every broken rule, `not_found`, `unavailable` when no more can be taken, or
   * `throttled` when no more of the account
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
      return this.#options.view(earlier)
    }
    // The other request with this key was refused and stored nothing: this one begins anew.
    if (creating) return this.create(request)
    const created = this.#create(request, requestHash)
      .catch((error: unknown) => {
        throw isConflict(error) ? keyUsed() : error
      })
      .finally(() => this.#creating.delete(scope))
    this.#creating.set(scope, created)
    return created
  }

  async #create(request: CreateRequest, requestHash: string | null): Promise<Prediction> {
    this.#options.assertOpen()
    const { account, origin, target, idempotency } = request
    const { model, version } =
      'trainer' in target ? this.#resolveTraining(request, target) : this.#resolve(request, target)
    const { runnable } = version
    this.#options.assertRoom(account, runnable)
    const plan = this.#planInput(request, version)
    const id = idempotency?.id ?? this.#ids.next(this.#nextCreatedAt())
    if (this.#beginning.has(id)) throw keyUsed()
    const over = Promise.withResolvers<void>()
    this.#beginning.set(id, { model: runnable.model, version: version.id, over: over.promise })
    this.#beginningOf.add(account.username)
    try {
      const inputParts = plan.parts.length === 0 ? [] : await storeParts(id, plan, this.#options.folders)
      const reservation = inputParts.some(isRemote)
        ? undefined
        : this.#options.scheduler.reserve(runnable, account.username)
      // Set when nothing stands between it and the commit, so that rows are committed in this order.
      const createdAt = this.#nextCreatedAt()
      const prediction = begin({
        id,
        account: account.username,
        model: runnable.model,
        version: version.id,
        contentHash: runnable.contentHash,
        deployment: 'deployment' in target ? target.deployment.name : null,
        source: request.source,
        input: plan.input,
        sealedSecrets: plan.secrets.length === 0 ? null : this.#options.secretBox.seal(JSON.stringify(plan.secrets)),
        inputParts,
        createdAt,
        claimedAt: reservation ? createdAt : null,
        deadline: request.cancelAfterMs === undefined ? null : createdAt + request.cancelAfterMs,
        webhook: request.webhook ?? null,
        webhookEventsFilter: request.webhookEventsFilter ?? null,
        origin,
        streamSecret: version.streams ? newSecret() : null,
        streamsFiles: version.streamsFiles,
        inlineFiles: request.inline,
        idempotencyKey: idempotency?.key ?? null,
        requestHash,
        destination: 'trainer' in target ? target.destination : null,
        trace: request.trace ?? null,
      })
      const created = await this.#options.admit(prediction, plan.secrets, reservation, request.request)
      if (created.destination === null) this.#options.models.countRun(model)
      return created
    } catch (error) {
      if (plan.parts.length > 0) await this.#options.folders.remove(id)
      throw isDiskTrouble(error) ? busy('The disk takes no more at the moment', error) : error
    } finally {
      this.#beginning.delete(id)
      this.#beginningOf.add(account.username, -1)
      over.resolve()
    }
  }

  /** @throws AppError `invalid` with every rule that the request and its input break */
  #planInput({ account, origin, input, fieldErrors }: CreateRequest, version: Callable): InputPlan {
    if (!isRecord(input)) throw invalidFields(fieldErrors)
    const broken = [...fieldErrors, ...inputErrors(version, input)]
    if (broken.length > 0) throw invalidFields(broken)
    const places = { files: version.findFiles(input), secrets: version.findSecrets(input) }
    const { plan, errors } = planInput(input, places, (url) => this.#options.ownFiles.resolve(account, origin, url))
    if (errors.length > 0) throw invalidFields(errors)
    return plan
  }

  /** The version to run. Where the body names none, its own errors say so. */
  #resolve(
    { account, fieldErrors }: CreateRequest,
    target: Exclude<CreateRequest['target'], TrainingTarget>,
  ): { model: Model; version: Version } {
    const { models, deployments } = this.#options
    if ('deployment' in target) return deployments.getTarget(account, target.deployment.owner, target.deployment.name)
    if ('model' in target) return models.getCurrent(account, target.model)
    if (target.version === '' && fieldErrors.length > 0) throw invalidFields(fieldErrors)
    return models.resolve(account, target.version)
  }

  /** What is to be trained, in the order in which Replicate finds fault: version, then destination. */
  #resolveTraining(
    { account, fieldErrors }: CreateRequest,
    { trainer, version: id, destination }: TrainingTarget,
  ): { model: Model; version: Callable & Pick<Version, 'id'> } {
    const { models, assertDestination } = this.#options
    const model = models.getModel(account, trainer)
    const { training } = models.getVersion(account, trainer, id)
    if (!training)
      throw new AppError('malformed', `The version ${id} of ${trainer} cannot be trained: its package has no train.ts`)
    if (destination !== '' || fieldErrors.length === 0) assertDestination(account, destination)
    return { model, version: { ...training, id } }
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
}

function inputErrors(version: Callable, input: Record<string, unknown>): FieldError[] {
  return isClientObject(input) ? [CLIENT_OBJECT] : version.validateInput(input)
}
