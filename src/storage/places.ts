/** What a data folder is made of, as backups hold it. Locks and the records of runners belong to one server only. */
export const MANIFEST = 'manifest.json'
export const PREDICTIONS = 'predictions'
export const UPLOADS = 'files'
export const SNAPSHOTS = 'versions'
/** Folders that belong to a backup whole. */
export const WHOLE_FOLDERS = ['keys', 'covers'] as const

/** The first entry of a backup: says what the rest is. */
export interface Manifest {
  format: 'reprise-backup'
  version: 1
  /** ISO 8601 */
  created_at: string
}

/** Where a backup is unpacked, in the data folder that it will become; gone when that is whole. */
export const RESTORING = 'restoring'
