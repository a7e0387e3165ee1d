import type { Database } from 'better-sqlite3'
import type { Write } from '../db/messages.ts'
import type { Signature } from '../runner/protocol.ts'
import type { RunSettings } from '../scheduler/runnable-version.ts'
import type { FileFacts } from './content-hash.ts'
import { DEFAULT_RUN } from './run-settings.ts'

/** A snapshot whose code has been looked at. */
export interface InspectedSnapshot {
  contentHash: string
  /** `owner/name` */
  model: string
  entry: string
  sourceDir: string
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
  name: string
  createdAt: number
  runCount: number
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
  created_at: number
  run_count: number
}

export const modelStatements = {
  'model.insert': 'INSERT INTO models (name, created_at, run_count) VALUES (?, ?, 0) ON CONFLICT DO NOTHING',
  'model.count-runs': 'UPDATE models SET run_count = run_count + ? WHERE name = ?',
  'snapshot.put': `INSERT INTO snapshots (content_hash, model, entry, source_dir, run_settings, signature, bytes)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
    SET source_dir = excluded.source_dir, run_settings = excluded.run_settings, bytes = excluded.bytes`,
  'snapshot.peak-memory': 'UPDATE snapshots SET peak_memory = ? WHERE content_hash = ?',
  'snapshot.delete': 'DELETE FROM snapshots WHERE content_hash = ?',
  'version.put': `INSERT INTO versions (model, id, content_hash, created_at) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET content_hash = excluded.content_hash`,
  'file-hash.put': `INSERT OR REPLACE INTO file_hashes (path, size, modified_at, inode, sha256) VALUES (?, ?, ?, ?, ?)`,
} as const

export function putVersion(snapshot: InspectedSnapshot, version: VersionRecord): Write {
  const { contentHash, model, entry, sourceDir, run, signature, bytes } = snapshot
  return [
    { name: 'model.insert', parameters: [model, version.createdAt] },
    {
      name: 'snapshot.put',
      parameters: [contentHash, model, entry, sourceDir, JSON.stringify(run), JSON.stringify(signature), bytes],
    },
    { name: 'version.put', parameters: [model, version.id, contentHash, version.createdAt] },
  ]
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
        sourceDir: row.source_dir,
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
        createdAt: row.created_at,
        runCount: row.run_count,
      }))
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
