import type { LaunchRunner } from '../runner/host.ts'
import { inspectPackage } from '../runner/inspect.ts'
import type { RunnableVersion } from '../scheduler/runnable-version.ts'
import type { Package } from './package.ts'
import type { PeakMemory } from './peak-memory.ts'
import type { Snapshots } from './snapshots.ts'
import { assertSoundSchema } from './sound-schema.ts'
import type { InspectedSnapshot, StoredSnapshot } from './store.ts'
import { trainingRunnable } from './training.ts'

const INSPECT_TIMEOUT_MS = 60_000

export interface InspectedSnapshotsOptions {
  snapshots: Snapshots
  launch: LaunchRunner
  peaks: PeakMemory
  signal: AbortSignal
}

/** Snapshots whose signature is known: each content is looked at once, and never again. */
export class InspectedSnapshots {
  readonly #options: InspectedSnapshotsOptions
  readonly #known = new Map<string, InspectedSnapshot>()

  constructor(options: InspectedSnapshotsOptions) {
    this.#options = options
  }

  /** Takes over what former servers have found out, as far as the snapshots are still there. */
  async restore(stored: Iterable<StoredSnapshot>): Promise<InspectedSnapshot[]> {
    const { snapshots, peaks } = this.#options
    for (const { bytes, peakMemory, ...snapshot } of stored) {
      const { contentHash } = snapshot
      if (!snapshots.has(contentHash)) continue
      if (peakMemory !== null) peaks.restore(contentHash, peakMemory)
      this.#known.set(contentHash, { ...snapshot, bytes: bytes ?? (await snapshots.sizeOf(contentHash)) })
    }
    return [...this.#known.values()]
  }

  /** Content whose signature is known. */
  get contents(): string[] {
    return [...this.#known.keys()]
  }

  find(contentHash: string): InspectedSnapshot | undefined {
    return this.#known.get(contentHash)
  }

  forget(contentHash: string): void {
    this.#known.delete(contentHash)
  }

  /**
   * Learns what the content of a package declares.
   * @param sourceDir where libraries that its code imports are looked up; null: nowhere but in the snapshot
   * @throws AppError `invalid` with the reason when it cannot be opened, or its schema makes no sense
   */
  async inspect(
    { name, entry, run }: Package,
    contentHash: string,
    sourceDir: string | null,
  ): Promise<InspectedSnapshot> {
    const known = this.#known.get(contentHash)
    const snapshot = known
      ? { ...known, sourceDir, run }
      : await this.#look({ contentHash, model: name, entry, sourceDir, run })
    this.#known.set(contentHash, snapshot)
    return snapshot
  }

  async #look(snapshot: Omit<InspectedSnapshot, 'signature' | 'bytes'>): Promise<InspectedSnapshot> {
    const { snapshots, launch, signal } = this.#options
    const { contentHash } = snapshot
    const signature = await inspectPackage(launch, this.#locate(snapshot), INSPECT_TIMEOUT_MS, signal)
    assertSoundSchema(signature)
    return { ...snapshot, signature, bytes: await snapshots.sizeOf(contentHash) }
  }

  toRunnable(snapshot: InspectedSnapshot): RunnableVersion {
    const { model, contentHash, run, signature, bytes } = snapshot
    const { batches, training } = signature
    const runnable = { model, contentHash, package: this.#locate(snapshot), bytes, batches, run }
    return training ? { ...runnable, training: trainingRunnable(runnable, training.entry) } : runnable
  }

  #locate({ contentHash, entry, sourceDir }: Pick<InspectedSnapshot, 'contentHash' | 'entry' | 'sourceDir'>) {
    const dir = this.#options.snapshots.dirOf(contentHash)
    return { dir, entry, sourceDir: sourceDir ?? dir }
  }
}
