import type { Logger } from 'pino'
import { type Account, exampleAccount } from '../accounts/account.ts'
import type { Operators } from '../accounts/operators.ts'
import { AppError, notFound } from '../errors.ts'
import type { RunnableVersion } from '../scheduler/runnable-version.ts'
import { fullName, isServed, type Model, newestFirst } from './model.ts'
import type { RunCounts } from './run-counts.ts'
import type { Version } from './version.ts'

const RETRY_AFTER_SECONDS = 2

export interface RegistryOptions {
  operators: Operators
  counts: RunCounts
  log: Logger
}

/** The models of this server and their versions, as they can be asked for: private ones by their owner only (rules 6). */
export class ModelRegistry {
  readonly #options: RegistryOptions
  readonly #models = new Map<string, Model>()
  readonly #runnables = new Map<string, RunnableVersion>()
  readonly #versionsById = new Map<string, { model: Model; version: Version }>()
  /** Names of packages that have not been looked at yet. */
  readonly #pending = new Set<string>()

  constructor(options: RegistryOptions) {
    this.#options = options
  }

  /** Every model that is known, whether it is served or not. */
  get all(): Model[] {
    return [...this.#models.values()]
  }

  /** Every model that is served, whoever may see it. */
  get served(): Model[] {
    return [...this.#models.values()].filter(isServed)
  }

  list(viewer: Account): Model[] {
    return this.served.filter((model) => this.isVisible(viewer, model))
  }

  /** What is known under a name, whoever asks, and whether it is served or not. */
  find(name: string): Model | undefined {
    return this.#models.get(name)
  }

  isVisible(viewer: Account, model: Model): boolean {
    const { username } = viewer
    if (model.about.visibility === 'public' || this.isOwn(viewer, model)) return true
    return username === exampleAccount(fullName(model)).username
  }

  /** Whether an account may decide about a model. */
  isOwn(account: Account, { owner }: Pick<Model, 'owner'>): boolean {
    return owner === account.username || this.#options.operators.includes(account)
  }

  /**
   * @param name `owner/name`
   * @throws AppError `not_found`, or `unavailable` while its package is being looked at.
   */
  getModel(viewer: Account, name: string): Model {
    const model = this.#models.get(name)
    if (model && isServed(model) && this.isVisible(viewer, model)) return model
    if (this.#pending.has(name)) throw stillLoading()
    throw notFound()
  }

  /**
   * A model with the version that a run of it uses.
   * @throws AppError as `getModel` does, and `not_found` for a model without a version
   */
  getCurrent(viewer: Account, name: string): { model: Model; version: Version } {
    const model = this.getModel(viewer, name)
    if (!model.current) throw notFound(`The model ${name} has no version yet; push or train one`)
    return { model, version: model.current }
  }

  /** @throws AppError as `getModel` does */
  getVersion(viewer: Account, name: string, id: string): Version {
    const version = this.getModel(viewer, name).versions.get(id)
    if (!version) throw notFound()
    return version
  }

  /**
   * Finds what the `version` of a create names: `owner/name`, `owner/name:<id>` or `<id>`.
   * @throws AppError `invalid` in the words of replicate-api.md 2.2, or `unavailable` while packages are being looked at.
   */
  resolve(viewer: Account, reference: string): { model: Model; version: Version } {
    const [name = '', id, rest] = reference.split(':')
    const found = name.includes('/') && rest === undefined ? this.#findIn(name, id) : this.#versionsById.get(reference)
    if (found && isServed(found.model) && this.isVisible(viewer, found.model)) return found
    if (this.#pending.size > 0) throw stillLoading()
    throw new AppError(
      'invalid',
      "The specified version does not exist (or perhaps you don't have permission to use it?)",
      {
        title: 'Invalid version or not permitted',
      },
    )
  }

  #findIn(name: string, id: string | undefined): { model: Model; version: Version } | undefined {
    const model = this.#models.get(name)
    const version = id === undefined ? model?.current : model?.versions.get(id)
    return model && version && { model, version }
  }

  /** What a prediction was created with, wherever its version id points by now. */
  findRunnable(contentHash: string): RunnableVersion | undefined {
    return this.#runnables.get(contentHash)
  }

  /** The id by which a content is known: of the newest version that points to it. */
  findVersionId(contentHash: string): string | undefined {
    const model = this.#models.get(this.#runnables.get(contentHash)?.model ?? '')
    return model && newestFirst(model).find(({ runnable }) => runnable.contentHash === contentHash)?.id
  }

  /** Content that versions point to. */
  get content(): Set<string> {
    return new Set([...this.#models.values()].flatMap(({ versions }) => [...versions.values()].map(contentOf)))
  }

  countRun(model: Model): void {
    model.runCount++
    this.#options.counts.add(fullName(model))
  }

  /** Asks those who look for a model to come again, until it is settled. */
  await(name: string): void {
    this.#pending.add(name)
  }

  settle(name: string): void {
    this.#pending.delete(name)
  }

  /** Names of packages that are still being looked at. */
  get pending(): string[] {
    return [...this.#pending]
  }

  /** Adds a model; one of the same name stays as it is. */
  add(model: Model): Model {
    const name = fullName(model)
    const known = this.#models.get(name) ?? model
    this.#models.set(name, known)
    return known
  }

  addVersion(model: Model, version: Version): void {
    model.versions.set(version.id, version)
    this.addRunnable(version.runnable)
    const other = this.#versionsById.get(version.id)?.model
    if (other && other !== model)
      this.#options.log.warn(
        { version: version.id, models: [fullName(other), fullName(model)] },
        'two models pin the same version id',
      )
    this.#versionsById.set(version.id, { model, version })
  }

  /** Keeps what a prediction may have been created with, although no version points to it any more. */
  addRunnable(runnable: RunnableVersion): void {
    this.#runnables.set(runnable.contentHash, runnable)
  }

  removeRunnable(contentHash: string): void {
    this.#runnables.delete(contentHash)
  }

  removeVersion(model: Model, id: string): void {
    model.versions.delete(id)
    if (this.#versionsById.get(id)?.model === model) this.#versionsById.delete(id)
    if (model.current?.id === id) model.current = newestFirst(model)[0]
  }

  remove(model: Model): void {
    this.#models.delete(fullName(model))
  }
}

function contentOf({ runnable }: Version): string {
  return runnable.contentHash
}

function stillLoading(): AppError {
  return new AppError('unavailable', 'The model is still being looked at; try again shortly', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  })
}
