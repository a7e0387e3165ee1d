import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import type { Logger } from 'pino'
import type { Operators } from '../accounts/operators.ts'
import type { Clock } from '../clock.ts'
import type { Writer } from '../db/writer.ts'
import type { LaunchRunner } from '../runner/host.ts'
import type { SweepGate } from '../sweep-gate.ts'
import { Covers } from './covers.ts'
import { InspectedSnapshots } from './inspected-snapshots.ts'
import { type LoaderOptions, PackageLoader } from './package-loader.ts'
import { PeakMemory } from './peak-memory.ts'
import { Publisher, type PublisherOptions } from './publisher.ts'
import { ModelRegistry } from './registry.ts'
import { restoreModels } from './restore-models.ts'
import { RunCounts } from './run-counts.ts'
import { Snapshots } from './snapshots.ts'
import { ModelStore, rememberHash } from './store.ts'

export interface ModelsOptions extends Pick<LoaderOptions, 'packageDirs' | 'onCurrent' | 'onQuiet'> {
  reader: Database
  writer: Writer
  operators: Operators
  launch: LaunchRunner
  clock: Clock
  gate: SweepGate
  log: Logger
  dataDir: string
  /** What one version that is sent may take at most. */
  most: PublisherOptions['most']
  tryOut: PublisherOptions['tryOut']
  isDoomed: PublisherOptions['isDoomed']
}

export type Models = ReturnType<typeof openModels>

/** Builds the parts of this room in the order in which they need each other; nothing is read before `restore`. */
export function openModels(options: ModelsOptions) {
  const { reader, writer, operators, launch, clock, gate, log, dataDir, packageDirs, onCurrent, onQuiet } = options
  const { most, tryOut, isDoomed } = options
  const closing = new AbortController()
  const { signal } = closing
  const store = new ModelStore(reader)
  const counts = new RunCounts(writer)
  const registry = new ModelRegistry({ operators, counts, log })
  const peaks = new PeakMemory(writer)
  const snapshots = new Snapshots(join(dataDir, 'versions'), {
    find: (facts) => store.findHash(facts),
    remember: (facts, sha256) => void writer.submit(rememberHash(facts, sha256)).catch(() => {}),
  })
  const inspected = new InspectedSnapshots({ snapshots, launch, peaks, signal })
  const covers = new Covers(join(dataDir, 'covers'))
  const followed = { packageDirs, onCurrent, ...(onQuiet ? { onQuiet } : {}) }
  const loader = new PackageLoader({ registry, snapshots, inspected, writer, clock, log, signal, ...followed })
  const publisher = new Publisher({ registry, snapshots, inspected, covers, clock, gate, most, tryOut, isDoomed })
  return {
    store,
    registry,
    peaks,
    inspected,
    snapshots,
    covers,
    publisher,
    /** @param unfinished content that predictions which have not ended were created with */
    restore: (unfinished: ReadonlySet<string>) =>
      restoreModels({ store, writer, registry, inspected, snapshots, covers, log }, unfinished),
    /** Resolves when every package has been looked at. */
    load: () => loader.load(),
    /** Follows what becomes of the packages from now on. */
    watch: () => loader.watch(),
    /** Resolves when nothing is read or written any more. */
    async close(): Promise<void> {
      closing.abort()
      await loader.close()
      await counts.close()
    },
  }
}
