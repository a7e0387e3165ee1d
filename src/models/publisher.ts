import { readFile } from 'node:fs/promises'
import pLimit, { type LimitFunction } from 'p-limit'
import type { Clock } from '../clock.ts'
import type { Write } from '../db/messages.ts'
import { busy } from '../errors.ts'
import type { RunnableVersion } from '../scheduler/runnable-version.ts'
import type { SweepGate } from '../sweep-gate.ts'
import { type About, type Cover, findCover, readAbout } from './about.ts'
import type { Covers } from './covers.ts'
import type { InspectedSnapshots } from './inspected-snapshots.ts'
import { newModel } from './model.ts'
import { assertNoCode, assertOwnCode } from './own-code.ts'
import { readPackage } from './package.ts'
import { pushedRun } from './push-rules.ts'
import type { ModelRegistry } from './registry.ts'
import type { Snapshots } from './snapshots.ts'
import { createModel, type InspectedSnapshot, putVersion, setCurrent, tellModel } from './store.ts'
import { makeVersion, type Version } from './version.ts'

/** A version whose package has been looked at and tried; nothing of it is visible yet. */
export interface PreparedVersion {
  id: string
  /** Commits it; goes into the transaction of whatever makes it. */
  writes: Write
  /** After the commit: readers see it. */
  announce(): Version
  /** It will not be committed. */
  discard(): Promise<void>
}

export interface PrepareOptions {
  /** Which code the package may hold: any, none, or what lies unchanged in the version that made it. */
  code: 'any' | 'none' | RunnableVersion
  /** What the setup of the model prints. */
  log(text: string): void
  signal: AbortSignal
}

export interface PublisherOptions {
  registry: ModelRegistry
  snapshots: Snapshots
  inspected: InspectedSnapshots
  covers: Covers
  clock: Clock
  gate: SweepGate
  /** What one version may take at most. */
  most: { threads: number; memoryBytes: number }
  /** Whether a deleted version of the same content is still being taken away, and would take what is made now with it. */
  isDoomed(model: string, id: string): boolean
  /** Loads a version in a runner. @throws AppError `invalid` with the reason when it cannot be set up */
  tryOut(version: RunnableVersion, options: Pick<PrepareOptions, 'log' | 'signal'>): Promise<void>
}

/** What a package says of itself. */
interface Telling {
  told: About
  /** Whether it says who may see the model; a model that is made by a push is its owner's alone unless it does. */
  stated: boolean
  /** Whether it takes the place of what the model has said before. */
  leads: boolean
  cover: Cover | undefined
}

/** Makes versions of packages that were sent over the API or made by a training. */
export class Publisher {
  readonly #options: PublisherOptions
  /** Packages of one model are prepared one after the other. */
  readonly #turns = new Map<string, LimitFunction>()
  /** How many versions are prepared and not yet decided about, by content. */
  readonly #undecided = new Map<string, number>()

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  /**
   * Takes over a package and tries whether it can be set up.
   * @param name `owner/name` of a model of an account, or of one that is yet to be
   * @param dir a folder on the disk of the snapshots, which is the publisher's from now on
   * @throws AppError `invalid` with the reason
   */
  async prepare(name: string, dir: string, options: PrepareOptions): Promise<PreparedVersion> {
    const turn = this.#turns.get(name) ?? pLimit(1)
    this.#turns.set(name, turn)
    try {
      return await turn(() => this.#prepare(name, dir, options))
    } finally {
      if (turn.activeCount + turn.pendingCount === 0) this.#turns.delete(name)
    }
  }

  async #prepare(name: string, dir: string, { code, log, signal }: PrepareOptions): Promise<PreparedVersion> {
    const { snapshots, inspected, covers, registry, tryOut, most } = this.#options
    const found = await readPackage(dir, name)
    if (code === 'none') await assertNoCode(dir)
    const run = pushedRun(found, most)
    const [told, cover] = await Promise.all([readAbout(dir, found.yaml), findCover(dir)])
    const picture = cover && { name: cover.name, bytes: await readFile(cover.path) }
    signal.throwIfAborted()
    const hash = await snapshots.adopt(name, dir)
    this.#undecided.set(hash, (this.#undecided.get(hash) ?? 0) + 1)
    try {
      if (this.#options.isDoomed(name, hash)) throw busy(`The same version of ${name} is being deleted`)
      // Of the snapshot: whoever made the package cannot change that any more.
      if (typeof code !== 'string') await assertOwnCode(snapshots.dirOf(hash), code.package.dir)
      const sourceDir = typeof code === 'string' ? null : code.package.sourceDir
      const snapshot = await inspected.inspect({ ...found, run }, hash, sourceDir)
      if (!registry.find(name)?.versions.has(hash)) await tryOut(inspected.toRunnable(snapshot), { log, signal })
      signal.throwIfAborted()
      const path = await covers.put(name, picture)
      // What a training says of its result stands back behind what the owner of the model has said.
      const leads = typeof code === 'string'
      return this.#prepared(name, snapshot, { told, stated: found.yaml.visibility !== undefined, leads, cover: path })
    } catch (error) {
      await this.#decide(hash)
      throw error
    }
  }

  #prepared(
    name: string,
    snapshot: InspectedSnapshot,
    { told: whole, stated, leads, cover }: Telling,
  ): PreparedVersion {
    const { registry, clock, inspected } = this.#options
    const { contentHash } = snapshot
    const known = registry.find(name)
    const told = { ...whole, visibility: stated ? whole.visibility : 'private' } satisfies About
    const changes = changesOf(whole, stated, leads ? undefined : known?.about)
    const record = { model: name, id: contentHash, contentHash, createdAt: clock.now() }
    return {
      id: contentHash,
      writes: [
        ...(known?.origin === 'account' ? tellModel(name, changes) : createModel(name, told, record.createdAt)),
        ...putVersion(snapshot, record),
        ...setCurrent(name, contentHash),
      ],
      announce: () => {
        const model = registry.add(newModel(name, { origin: 'account', createdAt: record.createdAt }))
        const about = model.origin === 'account' && known ? { ...model.about, ...changes } : told
        // The same content is the same version, since it was made first.
        const createdAt = model.versions.get(contentHash)?.createdAt ?? record.createdAt
        const version = makeVersion({ ...record, createdAt }, snapshot.signature, inspected.toRunnable(snapshot))
        registry.addVersion(model, version)
        Object.assign(model, { origin: 'account', about, current: version, ...(cover ? { cover } : {}) })
        void this.#decide(contentHash)
        return version
      },
      discard: () => this.#decide(contentHash),
    }
  }

  async #decide(hash: string): Promise<void> {
    const left = (this.#undecided.get(hash) ?? 1) - 1
    if (left > 0) this.#undecided.set(hash, left)
    else this.#undecided.delete(hash)
    await this.removeUnused(hash)
  }

  /** Whether somebody waits to have a version point to it. */
  isUndecided(hash: string): boolean {
    return this.#undecided.has(hash)
  }

  /** Removes a snapshot if no version points to it, and nobody waits to have one point to it. */
  async removeUnused(hash: string): Promise<void> {
    const { registry, snapshots, inspected, gate } = this.#options
    await gate.pass()
    if (this.#undecided.has(hash) || registry.content.has(hash)) return
    inspected.forget(hash)
    registry.removeRunnable(hash)
    // What cannot be removed now is swept at the next start.
    await snapshots.remove(hash).catch(() => {})
  }
}

/** What the package states; where something has been told before that it stands back behind, only what that leaves open. */
function changesOf(told: About, stated: boolean, before: About | undefined): Partial<About> {
  const { visibility, ...rest } = told
  const changes: Partial<About> = Object.fromEntries(
    Object.entries(rest).filter(([key, value]) => value !== undefined && !isTold(before, key)),
  )
  return stated && !before ? { ...changes, visibility } : changes
}

function isTold(about: About | undefined, key: string): boolean {
  const value: unknown = about && Reflect.get(about, key)
  return Array.isArray(value) ? value.length > 0 : value !== undefined
}
