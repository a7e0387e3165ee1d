import { rm } from 'node:fs/promises'
import type { Account } from '../accounts/account.ts'
import type { Operators } from '../accounts/operators.ts'
import type { Clock } from '../clock.ts'
import type { Writer } from '../db/writer.ts'
import { isDiskTrouble } from '../disk-trouble.ts'
import { AppError, busy, type FieldError, invalidFields, isConflict, notFound, notPermitted } from '../errors.ts'
import type { About } from './about.ts'
import { arriving } from './arriving.ts'
import type { Covers } from './covers.ts'
import { type Model, newModel } from './model.ts'
import { isNamePart } from './model-name.ts'
import type { Publisher } from './publisher.ts'
import type { ModelRegistry } from './registry.ts'
import type { Snapshots } from './snapshots.ts'
import { createModel, deleteModel, doomVersion, tellModel } from './store.ts'
import { unpackTar } from './unpack.ts'
import type { Version } from './version.ts'

/** As many as Replicate allows (replicate-api.md 9.1). */
const MOST_MODELS = 1_000
const MOST_FILES = 10_000
/** Packages that are received or tried at the same time, of all accounts and of one. */
const MOST_PUSHES = 16
const MOST_PUSHES_OF_ONE = 4
/** A package of which nothing comes for so long is given up. */
const IDLE_MS = 60_000
/** What the setup of a pushed model may say before only its last words are kept. */
const LONGEST_LOG = 64 * 1024

export interface ModelServiceOptions {
  registry: ModelRegistry
  publisher: Publisher
  snapshots: Snapshots
  covers: Covers
  writer: Writer
  operators: Operators
  clock: Clock
  /** Whether operators may push code at present. */
  mayPushCode(): boolean
  /** Bytes of one package. */
  pushLimitBytes: number
  /** Why a version cannot go, where something relies on it. */
  whyNeeded(model: string, versionId: string): string | undefined
  /** A version is gone: what is left of it can go, too. */
  onDeleted(model: string, version: Version): void
}

/** What can be told of a model over the API. */
export type Told = Partial<Omit<About, 'examples'>>

/** Makes, changes and deletes models of accounts; those of the operator's folders are changed there. */
export class ModelService {
  readonly #options: ModelServiceOptions
  /** Names that are being made. */
  readonly #creating = new Set<string>()
  readonly #closing = new AbortController()
  /** Whose packages are being taken in. */
  readonly #pushes: string[] = []

  constructor(options: ModelServiceOptions) {
    this.#options = options
  }

  /** Gives up the packages that are on their way. */
  close(): void {
    this.#closing.abort()
  }

  /**
   * @throws AppError `forbidden` for the name of another account, `invalid` for one that is taken, or is none
   */
  async create(account: Account, name: string, told: Told & Pick<About, 'visibility'>): Promise<Model> {
    const { registry, writer, clock } = this.#options
    this.#assertMayMake(account, name)
    if (registry.find(name)?.origin === 'account' || this.#creating.has(name)) throw taken(name)
    this.#creating.add(name)
    try {
      const about: About = { ...told, examples: [] }
      const createdAt = clock.now()
      await writer.submit(createModel(name, about, createdAt))
      const model = registry.add(newModel(name, { origin: 'account', createdAt }))
      return Object.assign(model, { origin: 'account' as const, about })
    } finally {
      this.#creating.delete(name)
    }
  }

  /** @throws AppError `not_found`, or `forbidden` for a model that is not the account's to change */
  async update(account: Account, name: string, told: Told): Promise<Model> {
    const model = this.#own(account, name)
    await this.#options.writer.submit(tellModel(name, told))
    model.about = { ...model.about, ...told }
    return model
  }

  /** @throws AppError as `update` does, and `invalid` while it is public or has versions (replicate-api.md 9.1) */
  async delete(account: Account, name: string): Promise<void> {
    const { registry, writer, covers } = this.#options
    const model = this.#own(account, name)
    if (model.versions.size > 0)
      throw new AppError('invalid', `${name} has versions (${model.versions.size}); delete them first`)
    if (model.about.visibility === 'public')
      throw new AppError('invalid', `${name} is public, and only private models can be deleted; make it private first`)
    try {
      await writer.submit(deleteModel(name))
    } catch (error) {
      throw isConflict(error) ? new AppError('invalid', `${name} is being changed by others`, { cause: error }) : error
    }
    registry.remove(model)
    await covers.remove(name)
  }

  /**
   * Takes in a package; what it makes is the version that the model runs from now on.
   * @param source a tar archive
   * @throws AppError `forbidden`, or `invalid` with what is wrong with the package and what its setup printed
   */
  async push(account: Account, name: string, source: AsyncIterable<Uint8Array>): Promise<Version> {
    const { registry } = this.#options
    const model = registry.find(name)
    if (model && registry.isVisible(account, model) && !registry.isOwn(account, model)) this.#own(account, name)
    this.#assertMayMake(account, name)
    const { username } = account
    const own = this.#pushes.filter((other) => other === username).length
    if (own === MOST_PUSHES_OF_ONE) throw busy(`${own} packages of ${username} are being taken in already`)
    if (this.#pushes.length === MOST_PUSHES) throw busy(`${MOST_PUSHES} packages are being taken in already`)
    this.#pushes.push(username)
    try {
      return await this.#push(account, name, source)
    } catch (error) {
      if (isDiskTrouble(error)) throw busy('The disk takes no more at the moment', error)
      if (!isConflict(error)) throw error
      throw new AppError('invalid', `${name}, or this version of it, is being deleted; push again in a moment`, {
        cause: error,
      })
    } finally {
      this.#pushes.splice(this.#pushes.indexOf(username), 1)
    }
  }

  async #push(account: Account, name: string, source: AsyncIterable<Uint8Array>): Promise<Version> {
    const { publisher, snapshots, writer, operators, mayPushCode, pushLimitBytes } = this.#options
    const folder = await snapshots.makeFolder()
    let logs = ''
    const log = (text: string) => {
      logs = (logs + text).slice(-LONGEST_LOG)
    }
    try {
      await unpackTar(arriving(source, IDLE_MS), folder, { files: MOST_FILES, bytes: pushLimitBytes })
      const code = mayPushCode() && operators.includes(account) ? 'any' : 'none'
      const prepared = await publisher.prepare(name, folder, { code, log, signal: this.#closing.signal })
      try {
        this.#assertMayMake(account, name)
        await writer.submit(prepared.writes)
      } catch (error) {
        await prepared.discard()
        throw error
      }
      return prepared.announce()
    } catch (error) {
      throw error instanceof AppError && logs !== '' ? error.withLogs(logs) : error
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  /** @throws AppError as `update` does, and `invalid` while something relies on the version */
  async deleteVersion(account: Account, name: string, id: string): Promise<void> {
    const { registry, writer, whyNeeded, onDeleted } = this.#options
    const version = registry.getVersion(account, name, id)
    const model = this.#own(account, name)
    if (model.about.visibility === 'public')
      throw new AppError('invalid', `${name} is public, and others may rely on its versions; make it private first`)
    const reason = whyNeeded(name, id)
    if (reason !== undefined) throw new AppError('invalid', `The version cannot be deleted: ${reason}`)
    try {
      await writer.submit(doomVersion(name, id))
    } catch (error) {
      throw isConflict(error) ? notFound() : error
    }
    registry.removeVersion(model, id)
    onDeleted(name, version)
  }

  /** @throws AppError `not_found` where the account sees none, `forbidden` where it is not its own to change */
  #own(account: Account, name: string): Model {
    const { registry } = this.#options
    const model = registry.getModel(account, name)
    if (model.origin === 'package') throw ofFolder(name)
    if (!registry.isOwn(account, model)) throw notPermitted()
    return model
  }

  /** @throws AppError `forbidden` or `invalid` where an account cannot have a model of this name */
  #assertMayMake(account: Account, name: string): void {
    const { registry } = this.#options
    const slash = name.indexOf('/')
    const [owner, short] = [name.slice(0, slash), name.slice(slash + 1)]
    const broken: FieldError[] = []
    for (const [field, part] of Object.entries({ owner, name: short }))
      if (!isNamePart(part)) broken.push({ type: 'pattern', field, description: NAME_RULE })
    if (broken.length > 0) throw invalidFields(broken)
    if (!registry.isOwn(account, { owner })) throw notPermitted()
    const known = registry.find(name)
    if (registry.pending.includes(name) || (known?.origin === 'package' && known.current)) throw ofFolder(name)
    const own = registry.served.filter((model) => model.origin === 'account' && model.owner === owner)
    if (known?.origin !== 'account' && own.length >= MOST_MODELS)
      throw new AppError('invalid', `${owner} has ${MOST_MODELS} models already; delete one first`)
  }
}

const NAME_RULE = 'Must be letters, digits, "-", "_" and ".", and begin with a letter or a digit'

function ofFolder(name: string): AppError {
  return new AppError('forbidden', `${name} lies in a folder of the server, and is changed only there, by its operator`)
}

function taken(name: string): AppError {
  return new AppError('invalid', `A model named ${name} exists already`)
}
