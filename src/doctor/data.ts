import { siblingModule } from '../sibling-module.ts'
import { type Probed, runProbe } from './probe.ts'

const PATIENCE_MS = 30_000

/** What a data folder holds. */
export interface DataFacts {
  /** Whether a server uses it. */
  locked: boolean
  /** Undefined where there is none. */
  database: DatabaseFacts | undefined
}

export type DatabaseFacts =
  | { type: 'unreadable'; reason: string }
  | {
      type: 'read'
      /** The number of the last migration. */
      applied: number
      bytes: number
      freeBytes: number
      /** When the last prediction was made. */
      lastCreatedAt: number | undefined
      /** Of each token the account. */
      tokenAccounts: string[]
      /** What a look at each of its pages has found; undefined where that did not come to its end in time. */
      faults: string[] | undefined
    }

export async function readData(dataDir: string, environment: NodeJS.ProcessEnv): Promise<DataFacts> {
  const probe = siblingModule(import.meta.url, './data-probe')
  return dataFacts(await runProbe(probe, [dataDir], environment, PATIENCE_MS))
}

/** What the answers of the probe mean, which may have come to nothing at any of them. */
export function dataFacts({ answers, failure }: Probed): DataFacts {
  const all: Record<string, unknown> = Object.assign({}, ...answers)
  const { locked, error, faults } = all
  const reason = typeof error === 'string' ? error : failure && `the look at it ${failure}`
  if (typeof all.applied !== 'number')
    return { locked: locked === true, database: reason ? { type: 'unreadable', reason } : undefined }
  // SQLite refuses to go on where too much is broken.
  const found = Array.isArray(faults) ? faults.map(String) : typeof error === 'string' ? [error] : undefined
  return {
    locked: locked === true,
    database: {
      type: 'read',
      applied: all.applied,
      bytes: Number(all.bytes),
      freeBytes: Number(all.freeBytes),
      lastCreatedAt: typeof all.lastCreatedAt === 'number' ? all.lastCreatedAt : undefined,
      tokenAccounts: Array.isArray(all.tokenAccounts) ? all.tokenAccounts.map(String) : [],
      faults: found,
    },
  }
}
