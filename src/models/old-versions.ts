import { stat } from 'node:fs/promises'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Writer } from '../db/writer.ts'
import { errorCode } from '../error-code.ts'
import { isConflict } from '../errors.ts'
import type { SettledTime } from '../settled-time.ts'
import { inSteps, type StepRules } from '../steps.ts'
import type { SweepGate } from '../sweep-gate.ts'
import type { InspectedSnapshots } from './inspected-snapshots.ts'
import { fullName, type Model } from './model.ts'
import type { Publisher } from './publisher.ts'
import type { ModelRegistry } from './registry.ts'
import { deleteUnusedSnapshot, forgetHashes, type ModelStore, removeOldVersion } from './store.ts'
import type { Version } from './version.ts'

const SWEEP_EVERY_MS = 3_600_000
const HASH_STEPS: StepRules = { first: 50, least: 50, most: 500, targetMs: 20, pauseShare: 1 }

/** What predictions tell of the content that they use. */
export interface ContentUses {
  /** Of predictions that have not ended, those included that are being made. */
  contentInUse(): Promise<ReadonlySet<string>>
  /** When content was last used, if that was after a time; undefined when that could not be found out. */
  lastUses(after: number): Promise<ReadonlyMap<string, number> | undefined>
}

export interface OldVersionsOptions {
  store: ModelStore
  registry: ModelRegistry
  inspected: InspectedSnapshots
  publisher: Publisher
  writer: Writer
  clock: Clock
  settled: SettledTime
  gate: SweepGate
  log: Logger
  /** How long a version stays that nobody uses. */
  retentionMs: number | 'off'
  /** Whether a deployment has it in its present release. */
  isNamed(model: string, versionId: string): boolean
  predictions: ContentUses
  onRemoved(version: Version): void
}

interface OldVersion {
  model: Model
  version: Version
}

/**
 * Takes away what edits of packages leave: each makes a version with a snapshot of its own. A version of a package goes
 * when it is not the present one, no deployment names it, and nobody has used it for the time that records stay; content
 * behind a pinned id goes as soon as the id points elsewhere and nothing runs with it. Predictions are shown without
 * their version. To be called when no package is being read, which could bring back what is being taken away.
 */
export class OldVersions {
  readonly #options: OldVersionsOptions
  /** By the monotonic clock. */
  #next: number

  constructor(options: OldVersionsOptions) {
    this.#options = options
    this.#next = options.clock.monotonic()
  }

  /** Sweeps once an hour. */
  async sweepWhenDue(): Promise<void> {
    const { clock, log } = this.#options
    if (clock.monotonic() < this.#next) return
    this.#next = clock.monotonic() + SWEEP_EVERY_MS
    try {
      await this.sweep()
    } catch (error) {
      log.warn({ err: error }, 'old versions could not be removed; they are looked at again in an hour')
    }
  }

  async sweep(): Promise<void> {
    const { gate, retentionMs, settled } = this.#options
    await gate.pass()
    if (retentionMs !== 'off') await this.#removeVersions(settled.now() - retentionMs)
    await this.#removeContent()
    await this.#forgetHashes()
  }

  async #removeVersions(unusedSince: number): Promise<void> {
    const { predictions, log } = this.#options
    const old = this.#candidates(unusedSince)
    if (old.length === 0) return
    const uses = await predictions.lastUses(unusedSince)
    if (!uses) return
    for (const { model, version } of old) {
      const { contentHash } = version.runnable
      if ((uses.get(contentHash) ?? 0) > unusedSince || !this.#isOld({ model, version }, unusedSince)) continue
      if (await this.#remove({ model, version }))
        log.info({ model: fullName(model), version: version.id }, 'an old version that nobody uses has been removed')
    }
  }

  #candidates(unusedSince: number): OldVersion[] {
    const versions = this.#options.registry.all.flatMap((model) =>
      [...model.versions.values()].map((version) => ({ model, version })),
    )
    return versions.filter((one) => this.#isOld(one, unusedSince))
  }

  #isOld({ model, version }: OldVersion, unusedSince: number): boolean {
    if (model.origin !== 'package' || model.current?.id === version.id) return false
    return version.createdAt <= unusedSince && !this.#options.isNamed(fullName(model), version.id)
  }

  /** @returns whether it is gone: somebody may have asked for it at the last moment */
  async #remove({ model, version }: OldVersion): Promise<boolean> {
    const { registry, writer, predictions, publisher, onRemoved } = this.#options
    const { contentHash } = version.runnable
    // From here on nobody finds it any more; whoever has found it is waited for.
    registry.removeVersion(model, version.id)
    try {
      if ((await predictions.contentInUse()).has(contentHash) || model.origin !== 'package') {
        registry.addVersion(model, version)
        return false
      }
      await writer.submit(removeOldVersion(fullName(model), version.id, contentHash))
    } catch (error) {
      registry.addVersion(model, version)
      if (isConflict(error)) return false
      throw error
    }
    onRemoved(version)
    await publisher.removeUnused(contentHash)
    return true
  }

  /** What no version points to any more, and nothing runs with. */
  async #removeContent(): Promise<void> {
    const { registry, inspected, predictions, writer, publisher } = this.#options
    const unused = inspected.contents.filter((contentHash) => !registry.content.has(contentHash))
    if (unused.length === 0) return
    const inUse = await predictions.contentInUse()
    for (const contentHash of unused) {
      if (inUse.has(contentHash) || registry.content.has(contentHash) || publisher.isUndecided(contentHash)) continue
      await writer.submit(deleteUnusedSnapshot(contentHash))
      await publisher.removeUnused(contentHash)
    }
  }

  /** Hashes of files that are gone. */
  async #forgetHashes(): Promise<void> {
    const { store, writer, gate } = this.#options
    let last = ''
    const look = async (most: number) => {
      const paths = store.hashedPaths(last, most)
      last = paths.at(-1) ?? last
      const gone: string[] = []
      for (const path of paths) if (await isGone(path)) gone.push(path)
      if (gone.length > 0) await writer.submit(forgetHashes(gone))
      return paths.length === most
    }
    await inSteps(HASH_STEPS, look, async () => {
      await gate.pass()
      return true
    })
  }
}

async function isGone(path: string): Promise<boolean> {
  try {
    await stat(path)
    return false
  } catch (error) {
    return errorCode(error) === 'ENOENT'
  }
}
