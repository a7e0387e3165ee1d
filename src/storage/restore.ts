import { chmod, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Write } from '../db/messages.ts'
import { MIGRATIONS_DIR } from '../db/migrate.ts'
import { DATABASE_FILE, LOCK_FILE, lockDataDir, prepareDatabase } from '../db/open.ts'
import { syncPath } from '../durable-file.ts'
import { errorCode } from '../error-code.ts'
import { AppError } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import { type ArchiveKind, unpackTar } from '../models/unpack.ts'
import { settleUnfinished } from '../predictions/settle-unfinished.ts'
import { PredictionStore, predictionStatements } from '../predictions/store.ts'
import { supersedeAll, webhookStatements } from '../webhooks/store.ts'
import { MANIFEST, PREDICTIONS, RESTORING, SNAPSHOTS, UPLOADS, WHOLE_FOLDERS } from './places.ts'

/** The database comes last: with it the folder is one that a server can start on. */
const PLACES = [...WHOLE_FOLDERS, UPLOADS, PREDICTIONS, SNAPSHOTS, DATABASE_FILE]
/** What one backup may hold; the disk says how much there is room for. */
const LIMITS = { files: 10_000_000, bytes: 2 ** 50 }
const STATEMENTS: Readonly<Record<string, string>> = { ...predictionStatements, ...webhookStatements }

export interface RestoreOptions {
  /** The tar that a backup is. */
  source: AsyncIterable<Uint8Array>
  /** What to call it. */
  name: string
  /** An absolute path; nothing is there, or an empty folder. */
  dataDir: string
  /** Whether what has not ended is left to the server to take up. */
  resume: boolean
  /** Resolves when the restore is to be broken off. */
  stopped: Promise<void>
}

export interface Restored {
  /** Predictions that have failed because they had not ended. */
  settled: number
  /** Webhooks that waited and are not sent. */
  canceled: number
}

/**
 * Makes a data folder of a backup, whole or not at all.
 * @throws AppError `configuration` for a folder that holds something or is in use, and with what is wrong with the backup
 */
export async function restoreBackup({ source, name, dataDir, resume, stopped }: RestoreOptions): Promise<Restored> {
  const lock = lockDataDir(dataDir)
  const unpacked = join(dataDir, RESTORING)
  try {
    await makeRoom(dataDir)
    await mkdir(unpacked, { mode: 0o700 })
    try {
      await unpack(until(stopped, source), name, unpacked)
      const restored = settle(join(unpacked, DATABASE_FILE), resume)
      await putInPlace(unpacked, dataDir)
      return restored
    } catch (error) {
      await clear(dataDir)
      throw errorCode(error) === 'ENOSPC'
        ? new AppError('unavailable', `The disk of ${dataDir} has no room for the backup`, { cause: error })
        : error
    }
  } finally {
    lock.close()
  }
}

/** A folder with nothing in it, but for what a restore has left that was broken off. */
async function makeRoom(dataDir: string): Promise<void> {
  const names = await readdir(dataDir)
  if (names.includes(RESTORING)) return clear(dataDir)
  const others = names.filter((found) => !found.startsWith(LOCK_FILE) && found !== 'lost+found')
  if (others.length > 0)
    throw new AppError(
      'configuration',
      `A backup is restored into an empty folder, and ${dataDir} holds ${others.slice(0, 3).join(', ')}; name another with --data-dir, or move away what is there`,
    )
}

/** What is in the folder came from a backup: it was empty before. The mark of that goes last. */
async function clear(dataDir: string): Promise<void> {
  for (const place of PLACES) await rm(join(dataDir, place), { recursive: true, force: true })
  for (const beside of ['-wal', '-shm', '-journal']) await rm(join(dataDir, DATABASE_FILE + beside), { force: true })
  await rm(join(dataDir, RESTORING), { recursive: true, force: true })
}

async function unpack(source: AsyncIterable<Uint8Array>, name: string, dir: string): Promise<void> {
  const kind: ArchiveKind = {
    whole: name,
    name: 'backup',
    advice: 'take one that "reprise backup" has made',
    durable: true,
  }
  const ended = await unpackTar(source, dir, LIMITS, kind)
  const manifest = await readManifest(join(dir, MANIFEST))
  const strange = (await readdir(dir)).filter((found) => found !== MANIFEST && !PLACES.some((place) => place === found))
  if (!isRecord(manifest) || manifest.format !== 'reprise-backup' || strange.length > 0)
    throw new AppError('configuration', `${name} is no backup of Reprise; ${kind.advice}`)
  if (manifest.version !== 1)
    throw new AppError('configuration', `${name} was made by a newer version of reprise; restore it with that`)
  if (!ended) throw new AppError('configuration', `${name} ends too early: the backup was broken off; ${kind.advice}`)
  await chmod(join(dir, DATABASE_FILE), 0o600)
  for (const key of await readdir(join(dir, 'keys')).catch(() => [])) await chmod(join(dir, 'keys', key), 0o600)
  await chmod(join(dir, 'keys'), 0o700).catch(() => {})
}

async function readManifest(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    return
  }
}

/** Brings the database up to date, checks it, and settles what had not ended. */
function settle(path: string, resume: boolean): Restored {
  prepareDatabase(path, MIGRATIONS_DIR)
  const db = new Database(path, { fileMustExist: true })
  try {
    const fault = db.pragma('quick_check(1)', { simple: true })
    if (fault !== 'ok')
      throw new AppError('configuration', `The database of the backup is damaged: ${fault}; take another backup`)
    if (resume) return { settled: 0, canceled: 0 }
    const store = new PredictionStore(db)
    return db.transaction(() => {
      let settled = 0
      for (const write of settleUnfinished(store, Date.now())) {
        apply(db, write)
        settled++
      }
      return { settled, canceled: apply(db, supersedeAll()) }
    })()
  } finally {
    db.close()
  }
}

/** @returns how many rows have changed */
function apply(db: Database.Database, write: Write): number {
  return write
    .map(({ name, parameters }) => db.prepare(STATEMENTS[name] ?? '').run(...parameters).changes)
    .reduce((sum, changes) => sum + changes, 0)
}

async function putInPlace(from: string, dataDir: string): Promise<void> {
  await syncPath(join(from, DATABASE_FILE))
  const there = new Set(await readdir(from))
  for (const place of PLACES) if (there.has(place)) await rename(join(from, place), join(dataDir, place))
  await syncPath(dataDir)
  await rm(from, { recursive: true })
  await syncPath(dataDir)
}

/** Ends with an error when it is to be broken off. */
async function* until(stopped: Promise<void>, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const stop = Promise.withResolvers<never>()
  stop.promise.catch(() => {})
  stopped.then(() => stop.reject(new AppError('unavailable', 'Stopped; nothing was restored')))
  const pieces = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await Promise.race([pieces.next(), stop.promise])
      if (next.done) return
      yield next.value
    }
  } finally {
    // Nobody waits for a source of which nothing comes.
    void pieces.return?.()
  }
}
