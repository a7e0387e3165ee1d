/** What the server's thread and the writer's thread say to each other. */

export type Parameter = string | number | bigint | null | Uint8Array

/** One prepared statement, named in the writer's list, with its parameters: plain data, so that it can be replayed. */
export interface Statement {
  name: string
  parameters: readonly Parameter[]
  /** Rows it must change; another count refuses the whole write. */
  expect?: number
}

/** Statements that commit together or not at all. */
export type Write = readonly Statement[]

/** What became of one write of a group: null when it is on disk. */
export type WriteResult = null | { code: string; message: string }

/** What the thread says of a group. */
export interface GroupReport {
  results: WriteResult[]
  /** Milliseconds from its first statement to the end of its commit. */
  ms: number
}

export interface WriterOptions {
  path: string
  /** SQL by statement name. */
  statements: Readonly<Record<string, string>>
  durability: 'full' | 'normal'
  /** Holds each commit for this long, as a slow disk would. Benches and tests set it. */
  commitDelayMs?: number
  /** The database grows no further than this, as on a disk that is full then. Tests set it. */
  maxPages?: number
}

/** What the writer does between two groups beside writing; nothing that is stored changes by it. */
export type Chore =
  /** Gives up to so many free pages back to the disk; the file gets shorter at the next checkpoint. */
  | { chore: 'give-back'; pages: number }
  /** Folds the log into the database and empties it, unless a reader still needs what is in it. */
  | { chore: 'empty-log' }

/** What became of a chore: null when it is done. */
export interface ChoreResult {
  failed: WriteResult
}

/** The code of a write whose statement changed another number of rows than it had to. */
export const ROWS_MISMATCH = 'REPRISE_ROWS_MISMATCH'
