import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Writer } from '../db/writer.ts'
import { AppError, messageOf } from '../errors.ts'
import { type About, type Cover, findCover, readAbout } from './about.ts'
import type { InspectedSnapshots } from './inspected-snapshots.ts'
import { type Model, newestFirst, newModel } from './model.ts'
import { type Package, readPackage } from './package.ts'
import { findPackages, fingerprintOf } from './package-scan.ts'
import type { ModelRegistry } from './registry.ts'
import type { Snapshots } from './snapshots.ts'
import { type InspectedSnapshot, putVersion } from './store.ts'
import { makeVersion, type Version } from './version.ts'

/** How many packages are imported at the same time to learn their schemas. */
const INSPECTIONS = 2
/** Between two looks at the folders; longer where a look takes long, so that it never takes more than a part of a core. */
const SCAN_MS = 1_000
const SCAN_SHARE = 5
/** A package that is being copied is left alone until nothing of it has changed for so long. */
const QUIET_MS = 2_000
/** After so long a package is looked at again that could not be for another reason than itself, such as a full disk. */
const RETRY_MS = 5 * 60_000

export interface LoaderOptions {
  registry: ModelRegistry
  snapshots: Snapshots
  inspected: InspectedSnapshots
  writer: Writer
  clock: Clock
  log: Logger
  /** Folders of packages; where two hold the same name, the first wins. */
  packageDirs: readonly string[]
  signal: AbortSignal
  /** A version is what its model runs from now on; another, or none, was before. */
  onCurrent(current: Version | undefined, former: Version | undefined): void
  /** Called between two looks at the folders, when no package is being read. */
  onQuiet?(): Promise<void>
}

/** How a package looked. */
interface Sight {
  fingerprint: string | undefined
  /** By the monotonic clock. */
  since: number
  /** The fingerprint of what was loaded, or was found to be broken. */
  loaded: string | undefined
}

/** Serves the packages of the operator's folders, and follows what becomes of them. */
export class PackageLoader {
  readonly #options: LoaderOptions
  readonly #seen = new Map<string, Sight>()
  readonly #ignored = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> = Promise.resolve()

  constructor(options: LoaderOptions) {
    this.#options = options
  }

  /** Loads what is there; resolves when every package has been looked at. What is broken is logged. */
  load(): Promise<void> {
    this.#working = this.#loadAll()
    return this.#working
  }

  async #loadAll(): Promise<void> {
    const { registry, signal } = this.#options
    const packages = await this.#findPackages()
    for (const name of packages.keys()) registry.await(name)
    const queue = packages.entries()
    const work = async () => {
      for (const [name, dir] of queue) {
        if (signal.aborted) return
        this.#see(name, await fingerprintOf(dir))
        await this.#loadPackage(name, dir)
      }
    }
    await Promise.all(Array.from({ length: INSPECTIONS }, work))
  }

  /** Looks again and again: new, changed and removed packages are served, replaced and withdrawn. */
  watch(): void {
    if (this.#options.signal.aborted) return
    this.#working = this.#follow()
  }

  async #follow(): Promise<void> {
    const begin = performance.now()
    let pause = SCAN_MS
    try {
      const changed = await this.#look()
      pause = Math.max(pause, SCAN_SHARE * (performance.now() - begin))
      for (const [name, dir] of changed) {
        if (this.#options.signal.aborted) return
        if (dir === undefined) this.#withdraw(name)
        else await this.#loadPackage(name, dir)
      }
      await this.#options.onQuiet?.()
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the folders of packages cannot be read; they are looked at again')
    }
    this.#timer = setTimeout(() => this.watch(), pause)
  }

  /** Resolves when nothing is read any more; the signal has to be aborted before. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#working.catch(() => {})
    clearTimeout(this.#timer)
  }

  /** The packages that have changed and are quiet again, and where they lie; undefined for one that is gone. */
  async #look(): Promise<Map<string, string | undefined>> {
    const packages = await this.#findPackages()
    const changed = new Map<string, string | undefined>()
    for (const name of new Set([...packages.keys(), ...this.#seen.keys()])) {
      const dir = packages.get(name)
      const { fingerprint, loaded, since } = this.#see(name, dir && (await fingerprintOf(dir)))
      const moves = dir !== undefined && fingerprint === undefined
      if (fingerprint === loaded || moves || this.#options.clock.monotonic() - since < QUIET_MS) continue
      changed.set(name, dir)
    }
    return changed
  }

  #see(name: string, fingerprint: string | undefined): Sight {
    const before = this.#seen.get(name)
    if (before && before.fingerprint === fingerprint) return before
    const sight = { fingerprint, since: this.#options.clock.monotonic(), loaded: before?.loaded }
    this.#seen.set(name, sight)
    return sight
  }

  #findPackages(): Promise<Map<string, string>> {
    return findPackages(this.#options.packageDirs, (dir, reason) => {
      if (this.#ignored.has(dir)) return
      this.#ignored.add(dir)
      this.#options.log.warn({ dir, reason }, 'a folder holds no model')
    })
  }

  /** A package that is broken is reported and leaves the others alone; what it was before goes on being served. */
  async #loadPackage(name: string, dir: string): Promise<void> {
    const { registry, snapshots, inspected, log, signal } = this.#options
    const sight = this.#seen.get(name)
    if (sight) sight.loaded = sight.fingerprint
    if (!registry.find(name)?.current) registry.await(name)
    try {
      this.#assertFree(name)
      const found = await readPackage(dir)
      const [about, cover] = await Promise.all([readAbout(dir, found.yaml), findCover(dir)])
      const hash = await snapshots.take(name, dir)
      const snapshot = await inspected.inspect(found, hash, dir)
      this.#assertFree(name)
      await this.#publish(found, { about, cover }, snapshot)
    } catch (error) {
      if (signal.aborted) return
      // What is no fault of the package may be over by then.
      if (sight && !(error instanceof AppError && error.code === 'invalid')) this.#lookAgain(name, sight)
      const model = registry.find(name)
      if (model?.origin === 'package') model.current ??= newestFirst(model)[0]
      log.error(
        { model: name, dir, reason: messageOf(error), serving: model?.current?.id ?? null },
        'the package is broken',
      )
    } finally {
      registry.settle(name)
    }
  }

  /** To be asked again after a while: one that was being made over the API when a package came is there by then. */
  #assertFree(name: string): void {
    if (this.#options.registry.find(name)?.origin === 'account')
      throw new AppError('invalid', 'There is a model of this name already, made over the API; rename the package')
  }

  #lookAgain(name: string, { fingerprint }: Sight): void {
    const since = this.#options.clock.monotonic() + RETRY_MS
    this.#seen.set(name, { fingerprint, since, loaded: undefined })
  }

  async #publish(
    { name, yaml }: Package,
    told: { about: About; cover: Cover | undefined },
    snapshot: InspectedSnapshot,
  ): Promise<void> {
    const { registry, inspected, writer, clock, log } = this.#options
    const { contentHash } = snapshot
    const id = yaml.version ?? contentHash
    const before = registry.find(name)?.versions.get(id)
    if (before && before.runnable.contentHash !== contentHash)
      log.warn({ model: name, version: id }, 'the content behind a pinned version id has changed')
    const record = { model: name, id, contentHash, createdAt: before?.createdAt ?? clock.now() }
    await writer.submit(putVersion(snapshot, record))
    const version = makeVersion(record, snapshot.signature, inspected.toRunnable(snapshot))
    const model = registry.add(newModel(name, { origin: 'package', createdAt: record.createdAt }))
    registry.addVersion(model, version)
    Object.assign(model, told)
    this.#setCurrent(model, version)
  }

  #withdraw(name: string): void {
    this.#seen.delete(name)
    const model = this.#options.registry.find(name)
    if (model?.origin !== 'package' || !model.current) return
    this.#options.log.info({ model: name }, 'the package is gone')
    this.#setCurrent(model, undefined)
  }

  #setCurrent(model: Model, version: Version | undefined): void {
    const former = model.current
    model.current = version
    this.#options.onCurrent(version, former)
  }
}
