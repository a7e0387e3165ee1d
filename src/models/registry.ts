import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Write } from '../db/messages.ts'
import type { Writer } from '../db/writer.ts'
import { AppError, messageOf, notFound } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import type { LaunchRunner } from '../runner/host.ts'
import { inspectPackage } from '../runner/inspect.ts'
import type { RunnableVersion } from '../scheduler/runnable-version.ts'
import { isFile, isSecret, placeFinder } from './input-places.ts'
import { inputValidator } from './input-validation.ts'
import type { Model, Version } from './model.ts'
import { openapiSchema } from './openapi-schema.ts'
import { assertOwnCode } from './own-code.ts'
import { listPackageDirs, type ModelYaml, type Package, packageName, readPackage } from './package.ts'
import { Snapshots } from './snapshots.ts'
import * as store from './store.ts'
import { trainingOf, trainingRunnable } from './training.ts'

/** How many packages are imported at the same time to learn their schemas. */
const INSPECTIONS = 2
const INSPECT_TIMEOUT_MS = 60_000
/** Runs are counted in memory and written this often. */
const COUNT_MS = 1_000
const RETRY_AFTER_SECONDS = 2
/** A peak of memory is written down when it is so much higher than the one that was. */
const PEAK_STEP = 1.1

export interface RegistryOptions {
  store: store.ModelStore
  writer: Writer
  launch: LaunchRunner
  clock: Clock
  log: Logger
  snapshotsDir: string
  /** Folders of packages; where two hold the same name, the first wins. */
  packageDirs: readonly string[]
}

/** The models of this server and their versions. */
export class ModelRegistry {
  readonly #options: RegistryOptions
  readonly #snapshots: Snapshots
  readonly #models = new Map<string, Model>()
  readonly #runnables = new Map<string, RunnableVersion>()
  readonly #versionsById = new Map<string, { model: Model; version: Version }>()
  /** Names of packages that have not been looked at yet. */
  readonly #pending = new Set<string>()
  readonly #fromFolders = new Set<string>()
  readonly #runs = new Map<string, number>()
  /** By content: the most bytes that a runner was seen to hold, and how many of them are written down. */
  readonly #peaks = new Map<string, { bytes: number; written: number }>()
  #countTimer: NodeJS.Timeout | undefined
  readonly #closing = new AbortController()
  #loading: Promise<void> | undefined

  constructor(options: RegistryOptions) {
    this.#options = options
    const { store: known, writer, snapshotsDir } = options
    this.#snapshots = new Snapshots(snapshotsDir, {
      find: (facts) => known.findHash(facts),
      remember: (facts, sha256) => void writer.submit(store.rememberHash(facts, sha256)).catch(() => {}),
    })
  }

  /**
   * Reads what former runs knew and every package there is; resolves when all have been looked at.
   * @param keep tells, when it comes to sweeping, which content unfinished predictions were created with
   */
  load(keep: () => ReadonlySet<string>): Promise<void> {
    this.#loading = this.#load(keep)
    return this.#loading
  }

  async #load(keep: () => ReadonlySet<string>): Promise<void> {
    const packages = await this.#findPackages()
    for (const name of packages.keys()) {
      this.#pending.add(name)
      this.#fromFolders.add(name)
    }
    const snapshots = this.#readStored()
    const queue = packages.values()
    const work = async () => {
      for (const dir of queue) {
        if (this.#closing.signal.aborted) return
        await this.#loadPackage(dir, snapshots)
      }
    }
    await Promise.all(Array.from({ length: INSPECTIONS }, work))
    if (this.#closing.signal.aborted) return
    try {
      await this.#sweep(keep())
    } catch (error) {
      this.#options.log.warn({ err: error }, 'old snapshots could not be swept; the next start tries again')
    }
  }

  /** Names of packages that are still being looked at. */
  get pending(): string[] {
    return [...this.#pending]
  }

  /** Every model that can be run. */
  list(): Model[] {
    return [...this.#models.values()].filter((model) => model.current)
  }

  /**
   * @param name `owner/name`
   * @throws AppError `not_found`, or `unavailable` while its package is being looked at.
   */
  getModel(name: string): Model & { current: Version } {
    const model = this.#models.get(name)
    const { current } = model ?? {}
    if (model && current) return { ...model, current }
    if (this.#pending.has(name)) throw stillLoading()
    throw notFound()
  }

  /** @throws AppError as `getModel` does */
  getVersion(name: string, id: string): Version {
    const version = this.getModel(name).versions.get(id)
    if (!version) throw notFound()
    return version
  }

  /**
   * Finds what the `version` of a create names: `owner/name`, `owner/name:<id>` or `<id>`.
   * @throws AppError `invalid` in the words of replicate-api.md 2.2, or `unavailable` while packages are being looked at.
   */
  resolve(reference: string): { model: Model; version: Version } {
    const [name = '', id, rest] = reference.split(':')
    if (!name.includes('/')) {
      const found = this.#versionsById.get(reference)
      if (found?.model.current) return found
    } else {
      const model = this.#models.get(name)
      const version = id === undefined ? model?.current : model?.versions.get(id)
      if (model?.current && version && rest === undefined) return { model, version }
    }
    if (this.#pending.size > 0) throw stillLoading()
    throw new AppError(
      'invalid',
      "The specified version does not exist (or perhaps you don't have permission to use it?)",
      {
        title: 'Invalid version or not permitted',
      },
    )
  }

  /** What a prediction was created with, wherever its version id points by now. */
  findRunnable(contentHash: string): RunnableVersion | undefined {
    return this.#runnables.get(contentHash)
  }

  /** The id by which a content is known: of the newest version that points to it. */
  findVersionId(contentHash: string): string | undefined {
    const name = this.#runnables.get(contentHash)?.model ?? ''
    const model = this.#models.get(name)
    return model && newestFirst(model).find(({ runnable }) => runnable.contentHash === contentHash)?.id
  }

  /** Versions whose package asks to be loaded from the start. */
  *warmVersions(): Generator<RunnableVersion> {
    for (const { current } of this.#models.values())
      if (current && current.runnable.run.minReplicas > 0) yield current.runnable
  }

  countRun(name: string): void {
    const model = this.#models.get(name)
    if (model) model.runCount++
    this.#runs.set(name, (this.#runs.get(name) ?? 0) + 1)
    this.#countTimer ??= setTimeout(() => void this.#writeCounts(), COUNT_MS)
  }

  /** The most that a runner of this content was seen to hold, in bytes. */
  findPeakMemory(contentHash: string): number | undefined {
    return this.#peaks.get(contentHash)?.bytes
  }

  rememberPeakMemory(contentHash: string, bytes: number): void {
    const written = this.#peaks.get(contentHash)?.written ?? 0
    const grown = bytes > written * PEAK_STEP
    this.#peaks.set(contentHash, { bytes, written: grown ? bytes : written })
    // Only a help for the next start: what cannot be written is found out again.
    if (grown) this.#options.writer.submit(store.rememberPeakMemory(contentHash, bytes)).catch(() => {})
  }

  /** Resolves when nothing is read or written any more. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#loading?.catch(() => {})
    clearTimeout(this.#countTimer)
    await this.#writeCounts()
  }

  async #findPackages(): Promise<Map<string, string>> {
    const found = new Map<string, string>()
    for (const dir of this.#options.packageDirs)
      for (const packageDir of await listPackageDirs(dir, (ignored, reason) =>
        this.#options.log.warn({ dir: ignored, reason }, 'a folder holds no model'),
      ))
        if (!found.has(packageName(packageDir))) found.set(packageName(packageDir), packageDir)
    return found
  }

  #readStored(): Map<string, store.InspectedSnapshot> {
    const snapshots = new Map<string, store.InspectedSnapshot>()
    for (const { bytes, peakMemory, ...stored } of this.#options.store.snapshots()) {
      const { contentHash } = stored
      if (!this.#snapshots.has(contentHash)) continue
      if (peakMemory !== null) this.#peaks.set(contentHash, { bytes: peakMemory, written: peakMemory })
      const snapshot = { ...stored, bytes: bytes ?? this.#snapshots.sizeOf(contentHash) }
      snapshots.set(snapshot.contentHash, snapshot)
      this.#runnables.set(snapshot.contentHash, this.#toRunnable(snapshot))
    }
    for (const { name, createdAt, runCount } of this.#options.store.models()) this.#addModel(name, createdAt, runCount)
    for (const record of this.#options.store.versions()) {
      const snapshot = snapshots.get(record.contentHash)
      if (snapshot) this.#addVersion(snapshot, record)
    }
    for (const [name, model] of this.#models) {
      const [newest] = newestFirst(model)
      // What a training has made goes on being served; what lay in a folder is gone with it.
      if (newest && packageName(newest.runnable.package.sourceDir) !== name) model.current = newest
    }
    return snapshots
  }

  /** A package that is broken is reported and leaves the others alone; what it was before goes on being served. */
  async #loadPackage(dir: string, snapshots: Map<string, store.InspectedSnapshot>): Promise<void> {
    const name = packageName(dir)
    try {
      const found = await readPackage(dir)
      const hash = await this.#snapshots.take(name, dir)
      const snapshot = await this.#inspect(found, hash, snapshots.get(hash))
      snapshots.set(hash, snapshot)
      await this.#publish(found, snapshot)
    } catch (error) {
      if (this.#closing.signal.aborted) return
      const model = this.#models.get(name)
      if (model) model.current = newestFirst(model)[0]
      const serving = model?.current?.id ?? null
      this.#options.log.error({ model: name, dir, reason: messageOf(error), serving }, 'the package is broken')
    } finally {
      this.#pending.delete(name)
    }
  }

  async #inspect(
    { name, dir, entry, run }: Package,
    contentHash: string,
    known: store.InspectedSnapshot | undefined,
    signal = this.#closing.signal,
  ): Promise<store.InspectedSnapshot> {
    if (known) return { ...known, sourceDir: dir, run }
    const location = { dir: this.#snapshots.dirOf(contentHash), entry, sourceDir: dir }
    const signature = await inspectPackage(this.#options.launch, location, INSPECT_TIMEOUT_MS, signal)
    // Compiles the schema, so that its author hears of a fault in it and not the first who sends an input.
    const schema = openapiSchema(signature)
    inputValidator(schema)({})
    if (signature.training) inputValidator(schema, 'TrainingInput')({})
    const bytes = this.#snapshots.sizeOf(contentHash)
    return { contentHash, model: name, entry, sourceDir: dir, run, signature, bytes }
  }

  /**
   * Looks at a package that is to become a version of a model; it is one when `writes` are committed and announced.
   * @throws AppError `invalid` with the reason
   */
  async prepare(
    name: string,
    dir: string,
    { codeFrom, signal }: { codeFrom?: RunnableVersion | undefined; signal: AbortSignal },
  ): Promise<{ id: string; writes: Write; announce(): void }> {
    // Fails early, and in words of the package as its author knows it.
    await readPackage(dir, name)
    const hash = await this.#snapshots.take(name, dir)
    // From here on nobody can change it.
    const snapshotDir = this.#snapshots.dirOf(hash)
    const found = await readPackage(snapshotDir, name)
    const { version: pinned, ...yaml } = found.yaml
    if (pinned !== undefined)
      throw new AppError('invalid', 'model.yaml: version: only packages in a folder of models may pin one')
    if (codeFrom) await assertOwnCode(snapshotDir, codeFrom.package.dir)
    const location = { ...found, dir: codeFrom?.package.sourceDir ?? dir, yaml }
    const known = this.#models.get(name)?.versions.get(hash)
    const snapshot = await this.#inspect(location, hash, undefined, AbortSignal.any([signal, this.#closing.signal]))
    const createdAt = known?.createdAt ?? this.#options.clock.now()
    const record = { model: name, id: hash, contentHash: hash, createdAt }
    return {
      id: hash,
      writes: store.putVersion(snapshot, record),
      announce: () => this.#announce(yaml, snapshot, record),
    }
  }

  /** Whether a model of this name is known, though it need have no version; and whether its versions come from a folder. */
  findOrigin(name: string): 'folder' | 'api' | undefined {
    if (this.#fromFolders.has(name)) return 'folder'
    return this.#models.has(name) ? 'api' : undefined
  }

  async #publish({ name, yaml }: Package, snapshot: store.InspectedSnapshot): Promise<void> {
    const id = yaml.version ?? snapshot.contentHash
    const before = this.#models.get(name)?.versions.get(id)
    if (before && before.runnable.contentHash !== snapshot.contentHash)
      this.#options.log.warn({ model: name, version: id }, 'the content behind a pinned version id has changed')
    const record = {
      model: name,
      id,
      contentHash: snapshot.contentHash,
      createdAt: before?.createdAt ?? this.#options.clock.now(),
    }
    await this.#options.writer.submit(store.putVersion(snapshot, record))
    this.#announce(yaml, snapshot, record)
  }

  #announce(yaml: ModelYaml, snapshot: store.InspectedSnapshot, record: store.VersionRecord): void {
    this.#runnables.set(snapshot.contentHash, this.#toRunnable(snapshot))
    this.#addModel(record.model, record.createdAt, 0)
    const { model, version } = this.#addVersion(snapshot, record)
    model.about = yaml
    model.current = version
  }

  #addModel(fullName: string, createdAt: number, runCount: number): Model {
    const [owner = '', name = ''] = fullName.split('/')
    const known = this.#models.get(fullName)
    if (known) return known
    const model: Model = { owner, name, createdAt, runCount, about: {}, current: undefined, versions: new Map() }
    this.#models.set(fullName, model)
    return model
  }

  #addVersion(
    snapshot: store.InspectedSnapshot,
    { model: name, id, createdAt }: store.VersionRecord,
  ): { model: Model; version: Version } {
    const model = this.#addModel(name, createdAt, 0)
    const { output } = snapshot.signature
    const schema = openapiSchema(snapshot.signature)
    const streams = output['x-cog-array-type'] === 'iterator'
    const runnable = this.#toRunnable(snapshot)
    const version: Version = {
      id,
      createdAt,
      openapiSchema: schema,
      validateInput: inputValidator(schema),
      findFiles: placeFinder(schema, isFile),
      findSecrets: placeFinder(schema, isSecret),
      streams,
      streamsFiles: streams && isRecord(output.items) && isFile(output.items),
      runnable,
      training: trainingOf(runnable, schema),
    }
    model.versions.set(id, version)
    const other = this.#versionsById.get(id)?.model
    if (other && other !== model)
      this.#options.log.warn(
        { version: id, models: [`${other.owner}/${other.name}`, name] },
        'two models pin the same version id',
      )
    const found = { model, version }
    this.#versionsById.set(id, found)
    return found
  }

  #toRunnable(snapshot: store.InspectedSnapshot): RunnableVersion {
    const { model, contentHash, entry, sourceDir, run, signature, bytes } = snapshot
    const location = { dir: this.#snapshots.dirOf(contentHash), entry, sourceDir }
    const { batches, training } = signature
    const runnable = { model, contentHash, package: location, bytes, batches, run }
    return training ? { ...runnable, training: trainingRunnable(runnable, training.entry) } : runnable
  }

  async #sweep(keep: ReadonlySet<string>): Promise<void> {
    const used = new Set(keep)
    for (const { versions } of this.#models.values())
      for (const { runnable } of versions.values()) used.add(runnable.contentHash)
    for (const { contentHash } of this.#options.store.snapshots())
      if (!used.has(contentHash)) await this.#options.writer.submit(store.deleteSnapshot(contentHash))
    await this.#snapshots.sweep(used)
  }

  async #writeCounts(): Promise<void> {
    this.#countTimer = undefined
    const counts = [...this.#runs]
    this.#runs.clear()
    // A count that is lost with the disk is no loss that anybody acts on.
    await Promise.allSettled(counts.map(([name, runs]) => this.#options.writer.submit(store.countRuns(name, runs))))
  }
}

export function newestFirst({ versions }: Pick<Model, 'versions'>): Version[] {
  return [...versions.values()].sort((a, b) => b.createdAt - a.createdAt)
}

function stillLoading(): AppError {
  return new AppError('unavailable', 'The model is still being looked at; try again shortly', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  })
}
