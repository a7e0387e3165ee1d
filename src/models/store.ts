import type { Database } from 'better-sqlite3'
import type { Write } from '../db/messages.ts'
import type { Signature } from '../runner/protocol.ts'
import type { RunSettings } from '../scheduler/runnable-version.ts'
import type { About } from './about.ts'
import type { FileFacts } from './content-hash.ts'
import type { Origin } from './model.ts'
import { DEFAULT_RUN } from './run-settings.ts'

/** A snapshot whose code has been looked at. */
export interface InspectedSnapshot {
  contentHash: string
  /** `owner/name` */
  model: string
  entry: string
  /** Where the package was found; null when it was sent, and lies nowhere but in its snapshot. */
  sourceDir: string | null
  run: RunSettings
  signature: Signature
  /** Of all its files. */
  bytes: number
}

/** A snapshot as it is kept: what is known of it has grown with time. */
export interface StoredSnapshot extends Omit<InspectedSnapshot, 'bytes'> {
  bytes: number | null
  /** Bytes: the most that a runner of it was seen to hold. */
  peakMemory: number | null
}

export interface VersionRecord {
  model: string
  id: string
  contentHash: string
  createdAt: number
}

export interface ModelRecord {
  /** `owner/name` */
  name: string
  origin: Origin
  createdAt: number
  runCount: number
  /** Null for a package, which tells it itself. */
  about: About | null
  /** Null for a package, and where there is none yet. */
  currentVersion: string | null
}

interface SnapshotRow {
  content_hash: string
  model: string
  entry: string
  source_dir: string
  run_settings: string
  signature: string
  bytes: number | null
  peak_memory: number | null
}

interface VersionRow {
  model: string
  id: string
  content_hash: string
  created_at: number
}

interface ModelRow {
  name: string
  origin: Origin
  created_at: number
  run_count: number
  about: string | null
  current_version: string | null
}

export const modelStatements = {
  'model.insert': 'INSERT INTO models (name, created_at, run_count) VALUES (?, ?, 0) ON CONFLICT DO NOTHING',
  'model.create': `INSERT INTO models (name, origin, created_at, run_count, about) VALUES (?, 'account', ?, 0, ?)
    ON CONFLICT DO UPDATE SET origin = 'account', about = excluded.about`,
  'model.tell': 'UPDATE models SET about = json_patch(about, ?) WHERE name = ?',
  'model.set-current': `UPDATE models SET current_version = ? WHERE name = ?
    AND NOT EXISTS (SELECT 1 FROM version_removals WHERE model = ? AND id = ?)`,
  'model.go-back': `UPDATE models
    SET current_version = (SELECT id FROM versions WHERE model = ? ORDER BY created_at DESC LIMIT 1)
    WHERE name = ? AND current_version = ?`,
  'model.delete': 'DELETE FROM models WHERE name = ? AND NOT EXISTS (SELECT 1 FROM versions WHERE model = ?)',
  'model.count-runs': 'UPDATE models SET run_count = run_count + ? WHERE name = ?',
  'snapshot.put': `INSERT INTO snapshots (content_hash, model, entry, source_dir, run_settings, signature, bytes)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
    SET source_dir = excluded.source_dir, run_settings = excluded.run_settings, bytes = excluded.bytes`,
  'snapshot.peak-memory': 'UPDATE snapshots SET peak_memory = ? WHERE content_hash = ?',
  'snapshot.delete': 'DELETE FROM snapshots WHERE content_hash = ?',
  'version.put': `INSERT INTO versions (model, id, content_hash, created_at) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET content_hash = excluded.content_hash`,
  'version.delete': 'DELETE FROM versions WHERE model = ? AND id = ?',
  'version.doom': 'INSERT OR IGNORE INTO version_removals (model, id) VALUES (?, ?)',
  'version.removed': 'DELETE FROM version_removals WHERE model = ? AND id = ?',
  'version.delete-unnamed': `DELETE FROM versions WHERE model = ? AND id = ?
    AND NOT EXISTS (SELECT 1 FROM deployments WHERE model = ? AND version = ?)`,
  'snapshot.delete-unused':
    'DELETE FROM snapshots WHERE content_hash = ? AND NOT EXISTS (SELECT 1 FROM versions WHERE content_hash = ?)',
  'file-hash.delete': 'DELETE FROM file_hashes WHERE path = ?',
  'file-hash.put': `INSERT OR REPLACE INTO file_hashes (path, size, modified_at, inode, sha256) VALUES (?, ?, ?, ?, ?)`,
} as const

export function putVersion(snapshot: InspectedSnapshot, version: VersionRecord): Write {
  const { contentHash, model, entry, sourceDir, run, signature, bytes } = snapshot
  return [
    { name: 'model.insert', parameters: [model, version.createdAt] },
    {
      name: 'snapshot.put',
      parameters: [contentHash, model, entry, sourceDir ?? '', JSON.stringify(run), JSON.stringify(signature), bytes],
    },
    { name: 'version.put', parameters: [model, version.id, contentHash, version.createdAt] },
  ]
}

/** Makes a model of an account, or what is left of a package one. */
export function createModel(name: string, about: About, createdAt: number): Write {
  return [{ name: 'model.create', parameters: [name, createdAt, JSON.stringify(about)] }]
}

/** Changes what is given, whatever others change at the same time; undefined takes away what was told. */
export function tellModel(name: string, changes: Partial<About>): Write {
  const patch = Object.fromEntries(Object.entries(changes).map(([key, value]) => [key, value ?? null]))
  return [{ name: 'model.tell', parameters: [JSON.stringify(patch), name], expect: 1 }]
}

/** Refused while predictions are being taken away that a former version of this id has left: its own would go with them. */
export function setCurrent(name: string, version: string): Write {
  return [{ name: 'model.set-current', parameters: [version, name, name, version], expect: 1 }]
}

/** Refused where it has versions. */
export function deleteModel(name: string): Write {
  return [{ name: 'model.delete', parameters: [name, name], expect: 1 }]
}

/** Takes a version away at once; its predictions go in their own time. The newest that is left takes its place. */
export function doomVersion(model: string, id: string): Write {
  return [
    { name: 'version.delete', parameters: [model, id], expect: 1 },
    { name: 'version.doom', parameters: [model, id] },
    { name: 'model.go-back', parameters: [model, model, id] },
  ]
}

/** Nothing is left of a version. */
export function forgetVersion(model: string, id: string): Write {
  return [{ name: 'version.removed', parameters: [model, id] }]
}

/** Takes an old version away with what only it needs; refused while a deployment names it. */
export function removeOldVersion(model: string, id: string, contentHash: string): Write {
  return [
    { name: 'version.delete-unnamed', parameters: [model, id, model, id], expect: 1 },
    ...deleteUnusedSnapshot(contentHash),
  ]
}

/** Stays where a version points to it. */
export function deleteUnusedSnapshot(contentHash: string): Write {
  return [{ name: 'snapshot.delete-unused', parameters: [contentHash, contentHash] }]
}

export function forgetHashes(paths: readonly string[]): Write {
  return paths.map((path) => ({ name: 'file-hash.delete', parameters: [path] }))
}

export function deleteSnapshot(contentHash: string): Write {
  return [{ name: 'snapshot.delete', parameters: [contentHash] }]
}

export function rememberPeakMemory(contentHash: string, bytes: number): Write {
  return [{ name: 'snapshot.peak-memory', parameters: [bytes, contentHash] }]
}

export function countRuns(model: string, runs: number): Write {
  return [{ name: 'model.count-runs', parameters: [runs, model] }]
}

export function rememberHash({ path, size, modifiedAt, inode }: FileFacts, sha256: string): Write {
  return [{ name: 'file-hash.put', parameters: [path, size, modifiedAt, inode, sha256] }]
}

export class ModelStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  snapshots(): StoredSnapshot[] {
    return this.#db
      .prepare<[], SnapshotRow>('SELECT * FROM snapshots')
      .all()
      .map((row) => ({
        contentHash: row.content_hash,
        model: row.model,
        entry: row.entry,
        sourceDir: row.source_dir || null,
        // What was stored before a setting or a property came to be does not have it.
        run: { ...DEFAULT_RUN, ...JSON.parse(row.run_settings) },
        signature: { batches: false, training: null, ...JSON.parse(row.signature) },
        bytes: row.bytes,
        peakMemory: row.peak_memory,
      }))
  }

  versions(): VersionRecord[] {
    return this.#db
      .prepare<[], VersionRow>('SELECT * FROM versions')
      .all()
      .map((row) => ({
        model: row.model,
        id: row.id,
        contentHash: row.content_hash,
        createdAt: row.created_at,
      }))
  }

  models(): ModelRecord[] {
    return this.#db
      .prepare<[], ModelRow>('SELECT * FROM models')
      .all()
      .map((row) => ({
        name: row.name,
        origin: row.origin,
        createdAt: row.created_at,
        runCount: row.run_count,
        about: row.about === null ? null : JSON.parse(row.about),
        currentVersion: row.current_version,
      }))
  }

  /** Versions that were deleted, and of which predictions may be left. */
  doomedVersions(): { model: string; id: string }[] {
    return this.#db.prepare<[], { model: string; id: string }>('SELECT model, id FROM version_removals').all()
  }

  /** Paths beyond one of files whose hashes are known, in order. */
  hashedPaths(after: string, most: number): string[] {
    return this.#db
      .prepare<[string, number], string>('SELECT path FROM file_hashes WHERE path > ? ORDER BY path LIMIT ?')
      .pluck()
      .all(after, most)
  }

  /** The hash of a file, if it was hashed when it had the same size, time and inode. */
  findHash({ path, size, modifiedAt, inode }: FileFacts): string | undefined {
    return this.#db
      .prepare<[string, number, number, number], string>(
        'SELECT sha256 FROM file_hashes WHERE path = ? AND size = ? AND modified_at = ? AND inode = ?',
      )
      .pluck()
      .get(path, size, modifiedAt, inode)
  }
}
