import type { Logger } from 'pino'
import type { Account } from '../accounts/account.ts'
import type { Clock } from '../clock.ts'
import type { Writer } from '../db/writer.ts'
import { AppError, busy, type FieldError, invalidFields, isConflict, messageOf, notFound } from '../errors.ts'
import type { Hardware } from '../hardware/schema.ts'
import type { Model } from '../models/model.ts'
import type { ModelRegistry } from '../models/registry.ts'
import type { Version } from '../models/version.ts'
import { type Page, type Position, toPage } from '../page.ts'
import type { Deployments, DeploymentUse } from '../predictions/deployments.ts'
import { laneOf, type RunnableVersion } from '../scheduler/runnable-version.ts'
import type { Scheduler } from '../scheduler/scheduler.ts'
import { asDeployed, begin, type Configuration, type Deployment, fullName, revise, whyInUse } from './deployment.ts'
import { type DeploymentStore, insert, remove, update } from './store.ts'

const PAGE_SIZE = 100
export const MOST_PER_ACCOUNT = 1_000
/** A change that others overtake is tried again this often. */
const TRIES = 50

export interface DeploymentServiceOptions {
  store: DeploymentStore
  writer: Writer
  models: ModelRegistry
  scheduler: Scheduler
  /** What there is to run on. */
  hardware: readonly Hardware[]
  /** How the predictions of an account use one of its deployments. */
  useOf(owner: string, name: string): DeploymentUse
  clock: Clock
  log: Logger
}

/** Creates, changes and ends deployments, and has the scheduler keep what they ask for. */
export class DeploymentService implements Deployments {
  readonly #options: DeploymentServiceOptions
  /** What the scheduler was told to keep, by full name. */
  readonly #kept = new Map<string, RunnableVersion>()

  constructor(options: DeploymentServiceOptions) {
    this.#options = options
  }

  /** @throws AppError `not_found`, also for deployments of other accounts */
  get(account: Account, owner: string, name: string): Deployment {
    const found = owner === account.username ? this.#options.store.find(owner, name) : undefined
    if (!found) throw notFound()
    return found
  }

  list(account: Account, position: Position | undefined): Page<Deployment> {
    const { rows, more } = this.#options.store.list(account.username, position, PAGE_SIZE)
    // Within an account a name is as good as an id.
    return toPage({ rows: rows.map((row) => ({ ...row, id: row.name })), more }, position)
  }

  /** @throws AppError `invalid` when it cannot be made as it is asked for */
  async create(account: Account, given: Configuration & { name: string; model: string }): Promise<Deployment> {
    const { store, writer, clock } = this.#options
    const deployment = begin(given, account.username, clock.now())
    this.#assertSound(deployment, undefined)
    try {
      await writer.submit(insert(deployment, MOST_PER_ACCOUNT))
    } catch (error) {
      if (!isConflict(error)) throw error
      const taken = store.find(deployment.owner, deployment.name) !== undefined
      throw new AppError('invalid', taken ? nameTaken(deployment) : TOO_MANY, { cause: error })
    }
    this.#arrange(deployment)
    return deployment
  }

  /**
   * Makes another release with what is changed; answers the present one where nothing is.
   * @throws AppError `not_found`, or `invalid` when it cannot be changed so
   */
  async update(account: Account, owner: string, name: string, changes: Partial<Configuration>): Promise<Deployment> {
    for (let i = 0; i < TRIES; i++) {
      const present = this.get(account, owner, name)
      const next = revise(present, changes, account.username, this.#options.clock.now())
      if (!next) return present
      this.#assertSound(next, present)
      if (await this.#commits(update(next, present.release.number))) {
        this.#arrange(next)
        return next
      }
    }
    throw busy(`The deployment ${owner}/${name} is being changed by others`)
  }

  /** @throws AppError `not_found`, or `invalid` while it is in use */
  async delete(account: Account, owner: string, name: string): Promise<void> {
    const { scheduler, useOf, clock } = this.#options
    for (let i = 0; i < TRIES; i++) {
      const present = this.get(account, owner, name)
      const reason = whyInUse(present, useOf(owner, name), scheduler.replicasOf(present), clock.now())
      if (reason) throw new AppError('invalid', `The deployment ${owner}/${name} cannot be deleted: ${reason}`)
      if (await this.#commits(remove(present))) return this.#arrange(present)
    }
    throw busy(`The deployment ${owner}/${name} is being changed by others`)
  }

  getTarget(account: Account, owner: string, name: string): { model: Model; version: Version } {
    const deployment = this.get(account, owner, name)
    const { maxInstances, model, version: id, number } = deployment.release
    if (maxInstances === 0)
      throw new AppError(
        'invalid',
        `The deployment ${owner}/${name} takes no predictions while its max_instances is 0; set it to 1 or more`,
      )
    try {
      const { model: found, version } = this.#resolve(deployment)
      return { model: found, version: { ...version, runnable: asDeployed(version.runnable, deployment) } }
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'unavailable') throw error
      throw new AppError(
        'invalid',
        `The version ${id} of ${model}, which release ${number} of the deployment ${owner}/${name} runs, is not there any more; update the deployment with a version that is`,
        { cause: error },
      )
    }
  }

  findRunnable(owner: string, name: string, contentHash: string): RunnableVersion | undefined {
    const deployment = this.#options.store.find(owner, name)
    const runnable = deployment && this.#findRunnable(deployment)
    return runnable?.contentHash === contentHash ? runnable : undefined
  }

  /** Whether a deployment of any account runs a version now, or would if its owner could see the model. */
  namesVersion(model: string, versionId: string): boolean {
    return this.#options.store.ownersOn(model, versionId).length > 0
  }

  /** Whether a deployment of any account that may see a model runs a version of it now, so that it has to stay. */
  usesVersion(model: string, versionId: string): boolean {
    const { store, models } = this.#options
    const found = models.find(model)
    if (!found) return false
    return store.ownersOn(model, versionId).some((username) => models.isVisible({ username }, found))
  }

  /**
   * Has the scheduler keep what all deployments ask for; to be called again whenever the content of versions, or how
   * their packages are run, has changed.
   */
  arrangeAll(): void {
    const { store, hardware, log } = this.#options
    for (const deployment of store.all()) {
      const { release } = deployment
      this.#arrange(deployment)
      if (!hardware.some(({ sku }) => sku === release.hardware))
        log.warn(
          { deployment: fullName(deployment), hardware: release.hardware },
          'a deployment asks for hardware that is not there any more; it runs on what there is',
        )
    }
  }

  /** Goes by what is committed by now, so that the order of calls does not matter. */
  #arrange({ owner, name }: Deployment): void {
    const { store, scheduler } = this.#options
    const key = `${owner}/${name}`
    const deployment = store.find(owner, name)
    const runnable = deployment && this.#findRunnable(deployment)
    const former = this.#kept.get(key)
    if (former && (!runnable || laneOf(former) !== laneOf(runnable))) scheduler.release(former)
    if (runnable) {
      this.#kept.set(key, runnable)
      scheduler.warm(runnable)
    } else this.#kept.delete(key)
  }

  /** Undefined where it takes no predictions, and where its version is not there. */
  #findRunnable(deployment: Deployment): RunnableVersion | undefined {
    const { maxInstances, model, version } = deployment.release
    if (maxInstances === 0) return
    try {
      return asDeployed(this.#resolve(deployment).version.runnable, deployment)
    } catch (error) {
      this.#options.log.warn(
        { deployment: fullName(deployment), model, version, reason: messageOf(error) },
        'the version of a deployment is not there',
      )
      return
    }
  }

  /** The version of a release, as its owner may see it. @throws AppError as the registry does */
  #resolve({ owner, release: { model, version } }: Deployment): { model: Model; version: Version } {
    return this.#options.models.resolve({ username: owner }, `${model}:${version}`)
  }

  /** @throws AppError `invalid`; what a deployment has been before is not looked at again */
  #assertSound(deployment: Deployment, before: Deployment | undefined): void {
    const { hardware, minInstances, maxInstances, version } = deployment.release
    const broken: FieldError[] = []
    const skus = this.#options.hardware.map(({ sku }) => sku)
    if (hardware !== before?.release.hardware && !skus.includes(hardware))
      broken.push({
        type: 'enum',
        field: 'hardware',
        description: `hardware must be one of the following: ${skus.map((sku) => `"${sku}"`).join(', ')}`,
      })
    if (minInstances > maxInstances)
      broken.push({
        type: 'number_lte',
        field: 'min_instances',
        description: `Must be less than or equal to max_instances, which is ${maxInstances}`,
      })
    if (broken.length > 0) throw invalidFields(broken)
    if (version !== before?.release.version) this.#resolve(deployment)
  }

  /** @returns false when the row has changed since it was read, or is gone */
  async #commits(write: ReturnType<typeof update>): Promise<boolean> {
    try {
      await this.#options.writer.submit(write)
      return true
    } catch (error) {
      if (isConflict(error)) return false
      throw error
    }
  }
}

const TOO_MANY = `The account has ${MOST_PER_ACCOUNT} deployments, the most there may be; delete one that is not needed`

/** Not a 409: some clients repeat those (replicate-api.md trap 27). */
function nameTaken(deployment: Deployment): string {
  return `There is a deployment ${fullName(deployment)} already; choose another name, or update that one`
}
