import { constants, copyFileSync, linkSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { DATABASE_FILE } from '../db/open.ts'
import { isUnfinished } from '../durable-file.ts'
import { errorCode } from '../error-code.ts'
import { MANIFEST, type Manifest, PREDICTIONS, SNAPSHOTS, UPLOADS, WHOLE_FOLDERS } from './places.ts'

export interface StageOptions {
  dataDir: string
  /** A folder that is not there yet, on the same disk. */
  staging: string
}

/** A mebibyte; others read and write between two of them. */
const PAGES_AT_ONCE = 256
const PAUSE_MS = 2

/**
 * Gathers what a backup holds: a copy of the database as it is now, and second names of the files that it tells of. No
 * byte of those is copied, and whoever takes them away later takes only the first name.
 */
export async function stageBackup({ dataDir, staging }: StageOptions): Promise<void> {
  mkdirSync(staging, { mode: 0o700 })
  const manifest: Manifest = { format: 'reprise-backup', version: 1, created_at: new Date().toISOString() }
  writeFileSync(join(staging, MANIFEST), `${JSON.stringify(manifest)}\n`)
  const copy = join(staging, DATABASE_FILE)
  await copyDatabase(join(dataDir, DATABASE_FILE), copy)
  const db = new Database(copy, { readonly: true })
  const paths = new Paths(dataDir, staging)
  try {
    for (const path of filesOf(db)) paths.link(path)
    for (const hash of db.prepare<[], string>('SELECT content_hash FROM snapshots').pluck().iterate())
      paths.linkTree(join(SNAPSHOTS, hash))
  } finally {
    db.close()
  }
  for (const folder of WHOLE_FOLDERS) paths.linkTree(folder)
}

/** In one read transaction: a copy of what others write meanwhile would begin anew again and again. */
async function copyDatabase(from: string, to: string): Promise<void> {
  const source = new Database(from, { readonly: true, fileMustExist: true })
  try {
    source.exec('BEGIN')
    source.prepare('SELECT count(*) FROM sqlite_schema').get()
    await source.backup(to, { progress: pause })
  } finally {
    source.close()
  }
  const copy = new Database(to)
  // In one file, without a log beside it.
  copy.pragma('journal_mode = DELETE')
  copy.close()
}

function pause(): number {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
  return PAGES_AT_ONCE
}

/** Paths of uploads, and of what the inputs and outputs of predictions are made of, those included that run. */
function* filesOf(db: Database.Database): Generator<string, void> {
  for (const id of db.prepare<[], string>('SELECT id FROM files').pluck().iterate()) yield join(UPLOADS, id)
  const parts = db.prepare<[], { id: string; file: string }>(
    `SELECT p.id, value ->> 'file' AS file FROM predictions AS p, json_each(input_parts) WHERE input_parts IS NOT NULL
      UNION ALL
      SELECT p.id, value ->> 'file' AS file FROM predictions AS p, json_each(output_files) WHERE output_files IS NOT NULL
      UNION ALL
      SELECT c.prediction_id, value ->> 'file' FROM prediction_chunks AS c, json_each(data, '$.files')`,
  )
  for (const { id, file } of parts.iterate()) yield join(PREDICTIONS, id, file)
}

class Paths {
  readonly #from: string
  readonly #to: string
  #folder = ''

  constructor(from: string, to: string) {
    this.#from = from
    this.#to = to
  }

  /** What has to be downloaded yet, or was lost, is not there. */
  link(path: string): void {
    const [from, to] = [join(this.#from, path), join(this.#to, path)]
    const folder = dirname(to)
    if (folder !== this.#folder) mkdirSync(folder, { recursive: true })
    this.#folder = folder
    try {
      linkSync(from, to)
    } catch (error) {
      const code = errorCode(error)
      // A part may be named twice.
      if (code === 'ENOENT' || code === 'EEXIST') return
      if (code === 'ENOSPC' || code === 'EROFS') throw error
      // Not every file system has second names, or as many.
      copyFileSync(from, to, constants.COPYFILE_FICLONE)
    }
  }

  linkTree(folder: string): void {
    for (const entry of entriesOf(join(this.#from, folder))) {
      const path = join(folder, entry.name)
      if (isUnfinished(entry.name)) continue
      if (entry.isDirectory()) this.linkTree(path)
      else if (entry.isFile()) this.link(path)
    }
  }
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}
