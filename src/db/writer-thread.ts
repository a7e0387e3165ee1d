import { parentPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'
import {
  type Chore,
  type ChoreResult,
  type GroupReport,
  ROWS_MISMATCH,
  type Write,
  type WriteResult,
  type WriterOptions,
} from './messages.ts'
import { configureConnection } from './open.ts'

if (!parentPort) throw new Error('writer-thread.ts runs as a worker thread of the server')
const port = parentPort
const options: WriterOptions = workerData

/** What a reader has kept the log from being used again beyond this goes back to the disk when it is. */
const LOG_LIMIT_BYTES = 16 * 2 ** 20

const db = new Database(options.path)
configureConnection(db, options.durability)
db.pragma(`journal_size_limit = ${LOG_LIMIT_BYTES}`)
if (options.maxPages !== undefined) db.pragma(`max_page_count = ${options.maxPages}`)
const begin = db.prepare('BEGIN IMMEDIATE')
const commit = db.prepare('COMMIT')
const statements = new Map(Object.entries(options.statements).map(([name, sql]) => [name, db.prepare(sql)]))

class RowsMismatch extends Error {
  readonly code = ROWS_MISMATCH
}

function apply(write: Write): void {
  for (const { name, parameters, expect } of write) {
    const statement = statements.get(name)
    if (!statement) throw new Error(`No statement is named ${name}`)
    const { changes } = statement.run(...parameters)
    if (expect !== undefined && changes !== expect)
      throw new RowsMismatch(`${name} changed ${changes} rows instead of ${expect}`)
  }
}

function failure(error: unknown): WriteResult {
  if (!(error instanceof Error)) return { code: 'UNKNOWN', message: String(error) }
  return { code: 'code' in error && typeof error.code === 'string' ? error.code : error.name, message: error.message }
}

/** Runs the writes in one transaction; throws, with nothing changed, when one of them or the commit fails. */
function transact(writes: readonly Write[]): void {
  begin.run()
  try {
    for (const write of writes) apply(write)
    if (options.commitDelayMs) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, options.commitDelayMs)
    commit.run()
  } catch (error) {
    // SQLite ends the transaction by itself on some errors, a full disk among them.
    if (db.inTransaction) db.exec('ROLLBACK')
    throw error
  }
}

function attempt(writes: readonly Write[]): WriteResult {
  try {
    transact(writes)
    return null
  } catch (error) {
    return failure(error)
  }
}

/** One bad write of a group fails alone: the group is undone and each write tried by itself. */
function commitGroup(group: readonly Write[]): WriteResult[] {
  const together = attempt(group)
  if (together === null || group.length === 1) return group.map(() => together)
  return group.map((write) => attempt([write]))
}

function doChore(chore: Chore): ChoreResult {
  try {
    switch (chore.chore) {
      case 'give-back':
        db.pragma(`incremental_vacuum(${chore.pages})`)
        break
      case 'empty-log':
        emptyLog()
        break
      default:
        throw new Error(`No chore is like ${JSON.stringify(chore satisfies never)}`)
    }
    return { failed: null }
  } catch (error) {
    return { failed: failure(error) }
  }
}

/** Writes that wait are worth more than a short log: nobody is waited for. */
function emptyLog(): void {
  const timeout = db.pragma('busy_timeout', { simple: true })
  db.pragma('busy_timeout = 0')
  try {
    db.pragma('wal_checkpoint(TRUNCATE)')
  } finally {
    db.pragma(`busy_timeout = ${timeout}`)
  }
}

port.on('message', (message: readonly Write[] | Chore | 'close') => {
  if (message === 'close') {
    db.close()
    port.close()
  } else if ('chore' in message) port.postMessage(doChore(message))
  else {
    const begin = performance.now()
    const results = commitGroup(message)
    port.postMessage({ results, ms: performance.now() - begin } satisfies GroupReport)
  }
})
