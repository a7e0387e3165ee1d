import type { Logger } from 'pino'
import type { Writer } from '../db/writer.ts'
import type { Covers } from './covers.ts'
import type { InspectedSnapshots } from './inspected-snapshots.ts'
import { fullName, newModel } from './model.ts'
import type { ModelRegistry } from './registry.ts'
import type { Snapshots } from './snapshots.ts'
import { deleteSnapshot, type ModelStore } from './store.ts'
import { makeVersion } from './version.ts'

export interface RestoreOptions {
  store: ModelStore
  writer: Writer
  registry: ModelRegistry
  inspected: InspectedSnapshots
  snapshots: Snapshots
  covers: Covers
  log: Logger
}

/**
 * Takes over what former servers knew, and removes snapshots and covers that nothing refers to; to be called before
 * anything makes new ones.
 * @param unfinished content that predictions which have not ended were created with
 */
export async function restoreModels(options: RestoreOptions, unfinished: ReadonlySet<string>): Promise<void> {
  await restore(options)
  try {
    await sweep(options, unfinished)
  } catch (error) {
    options.log.warn({ err: error }, 'what former servers left could not be swept; the next start tries again')
  }
}

async function restore({ store, registry, inspected, covers }: RestoreOptions): Promise<void> {
  for (const snapshot of await inspected.restore(store.snapshots()))
    registry.addRunnable(inspected.toRunnable(snapshot))
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

async function sweep(
  { store, writer, registry, snapshots, covers }: RestoreOptions,
  unfinished: ReadonlySet<string>,
): Promise<void> {
  const used = registry.content.union(unfinished)
  for (const { contentHash } of store.snapshots())
    if (!used.has(contentHash)) await writer.submit(deleteSnapshot(contentHash))
  await snapshots.sweep(used)
  await covers.sweep(new Set(registry.served.map(fullName)))
}
