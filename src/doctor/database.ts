import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { formatBytes } from '../byte-size.ts'
import { DATABASE_FILE } from '../db/open.ts'
import type { DatabaseFacts } from './data.ts'
import { type Finding, ok, orWell, problem, warning } from './finding.ts'

const PUT_BACK = 'stop the server and put back a copy that is whole, or set REPRISE_DATA_DIR to another folder'
const LARGE_LOG_BYTES = 512 * 2 ** 20
const OTHERS_MASK = 0o077

export interface DatabaseFiles {
  path: string
  /** Bytes of what is not folded into the database yet. */
  logBytes: number
  /** Permissions of the database. */
  mode: number
}

/** Undefined where there is no database. */
export async function readDatabaseFiles(dataDir: string): Promise<DatabaseFiles | undefined> {
  const path = join(dataDir, DATABASE_FILE)
  const [found, log] = await Promise.all([path, `${path}-wal`].map((file) => stat(file).catch(() => undefined)))
  return found && { path, logBytes: log?.size ?? 0, mode: found.mode }
}

/** @param known how many migrations this version of reprise has */
export function judgeDatabase(
  files: DatabaseFiles | undefined,
  facts: DatabaseFacts | undefined,
  known: number,
): readonly Finding[] {
  if (!files || !facts) return [ok('there is none yet; the first start makes it')]
  const { path, logBytes, mode } = files
  if (facts.type === 'unreadable') return [problem(`${path} cannot be read: ${facts.reason}`, PUT_BACK)]
  const { applied, bytes, freeBytes, faults: damage } = facts
  const faults: Finding[] = []
  if (applied > known)
    faults.push(
      problem(
        `it is at migration ${applied}, and this version of reprise knows ${known}`,
        'start the newer version, or set REPRISE_DATA_DIR to another folder',
      ),
    )
  if (damage === undefined)
    faults.push(
      warning(
        'it is so large that not all of it could be looked at in time',
        'run sqlite3 with "PRAGMA quick_check" on a copy',
      ),
    )
  else for (const text of damage) faults.push(problem(`${path} is damaged: ${text}`, PUT_BACK))
  if (logBytes > LARGE_LOG_BYTES)
    faults.push(
      warning(
        `its write-ahead log has ${formatBytes(logBytes)}`,
        'end programs that read the database for long, then restart the server',
      ),
    )
  if ((mode & OTHERS_MASK) !== 0)
    faults.push(warning(`other users of this machine can read ${path}`, `keep it to the server: chmod 600 ${path}`))
  const size = `${formatBytes(bytes)} (${formatBytes(freeBytes)} of it free), log ${formatBytes(logBytes)}`
  const steps = applied < known ? `; the next start applies ${known - applied} migrations` : ''
  return orWell(faults, `sound, ${size}, migration ${applied}${steps}`)
}
