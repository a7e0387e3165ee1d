import type { Logger } from 'pino'
import type { Writer } from '../db/writer.ts'
import type { Covers } from './covers.ts'
import type { InspectedSnapshots } from './inspected-snapshots.ts'
import { newModel } from './model.ts'
import type { PackageLoader } from './package-loader.ts'
import type { ModelRegistry } from './registry.ts'
import type { Snapshots } from './snapshots.ts'
import { deleteSnapshot, type ModelStore } from './store.ts'
import { makeVersion } from './version.ts'

export interface LoadOptions {
  store: ModelStore
  writer: Writer
  registry: ModelRegistry
  inspected: InspectedSnapshots
  snapshots: Snapshots
  covers: Covers
  loader: PackageLoader
  log: Logger
  signal: AbortSignal
}

/**
 * Reads what former servers knew, then every package there is; resolves when all have been looked at and what nothing
 * refers to is gone.
 * @param keep tells, when it comes to sweeping, which content unfinished predictions were created with
 */
export async function loadModels(options: LoadOptions, keep: () => ReadonlySet<string>): Promise<void> {
  const { loader, log, signal } = options
  await restore(options)
  await loader.load()
  if (signal.aborted) return
  try {
    await sweep(options, keep())
  } catch (error) {
    log.warn({ err: error }, 'old snapshots could not be swept; the next start tries again')
  }
}

async function restore({ store, registry, inspected, covers }: LoadOptions): Promise<void> {
  for (const snapshot of inspected.restore(store.snapshots())) registry.addRunnable(inspected.toRunnable(snapshot))
  const currents = new Map<string, string>()
  for (const { name, about, currentVersion, ...record } of store.models()) {
    const { origin } = record
    const model = registry.add({ ...newModel(name, record), ...record })
    if (origin !== 'account') continue
    model.about = { ...model.about, ...about }
    model.cover = await covers.find(name)
    if (currentVersion !== null) currents.set(name, currentVersion)
  }
  for (const record of store.versions()) {
    const model = registry.find(record.model)
    const snapshot = inspected.find(record.contentHash)
    if (!model || !snapshot) continue
    const version = makeVersion(record, snapshot.signature, inspected.toRunnable(snapshot))
    registry.addVersion(model, version)
    if (currents.get(record.model) === version.id) model.current = version
  }
}

async function sweep({ store, writer, registry, snapshots }: LoadOptions, keep: ReadonlySet<string>): Promise<void> {
  const used = registry.content.union(keep)
  for (const { contentHash } of store.snapshots())
    if (!used.has(contentHash)) await writer.submit(deleteSnapshot(contentHash))
  await snapshots.sweep(used)
}
