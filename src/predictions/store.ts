import type { Database, Statement as SqliteStatement } from 'better-sqlite3'
import type { Parameter, Statement, Write } from '../db/messages.ts'
import type { Found, Position } from '../page.ts'
import type { TraceContext } from '../traces/trace-context.ts'
import type { DeploymentUse } from './deployments.ts'
import { bytesOf, type InputPart } from './input-part.ts'
import {
  isTerminal,
  type Metrics,
  type Prediction,
  type ServedFile,
  type Source,
  type Status,
  type WebhookEvent,
} from './prediction.ts'
import type { Chunk } from './run-output.ts'

interface Row {
  id: string
  account: string
  model: string
  version: string
  content_hash: string
  deployment: string | null
  status: Status
  revision: number
  source: Source
  input: string
  sealed_secrets: Uint8Array | null
  input_parts: string | null
  output: string | null
  output_files: string | null
  logs: string
  error: string | null
  metrics: string | null
  created_at: number
  claimed_at: number | null
  started_at: number | null
  completed_at: number | null
  deadline: number | null
  webhook: string | null
  webhook_events_filter: string | null
  origin: string
  stream_secret: string | null
  streams_files: number
  inline_files: number
  data_removed: number
  idempotency_key: string | null
  request_hash: string | null
  destination: string | null
  trace: string | null
}

interface EndedRow {
  number: number
  completed_at: number
  id: string
  may_have_folder: 0 | 1
  stays: 0 | 1
}

/** A place among predictions that have ended, in the order in which they did. */
export interface EndedMark {
  completedAt: number
  row: number
}

export const FIRST_ENDED: EndedMark = { completedAt: 0, row: 0 }

/** A prediction that has ended and still has its data. */
export interface Ended {
  id: string
  mayHaveFolder: boolean
  /** It is an example, or its receiver has still to be told. */
  stays: boolean
  mark: EndedMark
}

/** A run of an example of a model. */
export interface StoredExample {
  account: string
  createdAt: number
  id: string
  contentHash: string
  ended: 0 | 1
}

export const FIRST_EXAMPLE = { account: 'example:', createdAt: 0, id: '' }

/** A page ends after the row that goes beyond this. */
const PAGE_CHARACTERS = 8 * 2 ** 20

export interface ListFilter {
  account: string
  /** Whether trainings are asked for, and not predictions. */
  trainings: boolean
  /** Milliseconds, inclusive. */
  createdAfter: number | undefined
  /** Milliseconds, exclusive. */
  createdBefore: number | undefined
  source: Source | undefined
  /** `owner/name` */
  model?: string | undefined
  status?: Status | undefined
}

const COLUMNS: readonly (keyof Row)[] = [
  'id',
  'account',
  'model',
  'version',
  'content_hash',
  'deployment',
  'status',
  'revision',
  'source',
  'input',
  'sealed_secrets',
  'input_parts',
  'output',
  'output_files',
  'logs',
  'error',
  'metrics',
  'created_at',
  'claimed_at',
  'started_at',
  'completed_at',
  'deadline',
  'webhook',
  'webhook_events_filter',
  'origin',
  'stream_secret',
  'streams_files',
  'inline_files',
  'data_removed',
  'idempotency_key',
  'request_hash',
  'destination',
  'trace',
]

export const predictionStatements = {
  'prediction.insert': `INSERT INTO predictions (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})`,
  'prediction.update': `UPDATE predictions SET status = ?, sealed_secrets = ?, input_parts = ?, output = ?, output_files = ?, logs = ?, error = ?,
    metrics = ?, claimed_at = ?, started_at = ?, completed_at = ?, revision = ? WHERE id = ? AND revision = ?`,
  'prediction.remove-data': `UPDATE predictions SET input = '{}', input_parts = NULL, output = NULL, output_files = NULL,
    logs = '', stream_secret = NULL, data_removed = 1, revision = revision + 1
    WHERE id IN (SELECT value FROM json_each(?)) AND completed_at IS NOT NULL AND data_removed = 0`,
  'prediction.delete': 'DELETE FROM predictions WHERE id IN (SELECT value FROM json_each(?))',
  'prediction.append': 'INSERT INTO prediction_chunks (prediction_id, seq, at, data) VALUES (?, ?, ?, ?)',
  'prediction.fold': 'DELETE FROM prediction_chunks WHERE prediction_id = ?',
  'prediction.delete-chunks': 'DELETE FROM prediction_chunks WHERE prediction_id IN (SELECT value FROM json_each(?))',
} as const

function statement(name: keyof typeof predictionStatements, parameters: Parameter[], expect?: number): Statement {
  return expect === undefined ? { name, parameters } : { name, parameters, expect }
}

function json(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}

/** Most predictions have no files. */
function listOrNull(items: readonly unknown[]): string | null {
  return items.length === 0 ? null : JSON.stringify(items)
}

export function insert(p: Prediction): Write {
  const row: Row = {
    id: p.id,
    account: p.account,
    model: p.model,
    version: p.version,
    content_hash: p.contentHash,
    deployment: p.deployment,
    status: p.status,
    revision: p.revision,
    source: p.source,
    input: JSON.stringify(p.input),
    sealed_secrets: p.sealedSecrets,
    input_parts: listOrNull(p.inputParts),
    output: json(p.output),
    output_files: listOrNull(p.outputFiles),
    logs: p.logs,
    error: p.error,
    metrics: json(p.metrics),
    created_at: p.createdAt,
    claimed_at: p.claimedAt,
    started_at: p.startedAt,
    completed_at: p.completedAt,
    deadline: p.deadline,
    webhook: p.webhook,
    webhook_events_filter: json(p.webhookEventsFilter),
    origin: p.origin,
    stream_secret: p.streamSecret,
    streams_files: Number(p.streamsFiles),
    inline_files: Number(p.inlineFiles),
    data_removed: Number(p.dataRemoved),
    idempotency_key: p.idempotencyKey,
    request_hash: p.requestHash,
    destination: p.destination,
    trace: json(p.trace),
  }
  return [
    statement(
      'prediction.insert',
      COLUMNS.map((column) => row[column]),
    ),
  ]
}

/** Replaces the state that had `revision`; refused when the row has moved on. */
export function update(p: Prediction, revision: number): Write {
  return [
    statement(
      'prediction.update',
      [
        p.status,
        p.sealedSecrets,
        listOrNull(p.inputParts),
        json(p.output),
        listOrNull(p.outputFiles),
        p.logs,
        p.error,
        json(p.metrics),
        p.claimedAt,
        p.startedAt,
        p.completedAt,
        p.revision,
        p.id,
        revision,
      ],
      1,
    ),
  ]
}

export function append(id: string, seq: number, chunk: Chunk, at: number): Write {
  return [statement('prediction.append', [id, seq, at, JSON.stringify(chunk)])]
}

/** Removes the chunks of a prediction that ends; goes with the update that writes its whole output. */
export function fold(id: string): Write {
  return [statement('prediction.fold', [id])]
}

/** Takes predictions away as if they had never been. */
export function remove(ids: readonly string[]): Write {
  const list = JSON.stringify(ids)
  return [statement('prediction.delete-chunks', [list]), statement('prediction.delete', [list])]
}

/** Takes away all that predictions that have ended took in and gave out; their rows stay. */
export function removeData(ids: readonly string[]): Write {
  return [statement('prediction.remove-data', [JSON.stringify(ids)])]
}

/** Reads on the server's own connection: only what has been committed. */
export class PredictionStore {
  readonly #db: Database
  readonly #find
  readonly #findByKey
  readonly #outputFiles
  readonly #trace
  readonly #unfinished
  readonly #unfinishedContent
  readonly #chunks
  readonly #withData
  readonly #withoutData
  readonly #ofVersion
  readonly #usesIn
  readonly #examples
  readonly #lastRow
  readonly #hasUnfinished
  readonly #lastEndedAt
  readonly #last
  /** One for each combination of filters. */
  readonly #lists = new Map<string, SqliteStatement<Parameter[], Row>>()

  constructor(db: Database) {
    this.#db = db
    const columns = COLUMNS.join(', ')
    this.#find = db.prepare<[string], Row>(`SELECT ${columns} FROM predictions WHERE id = ?`)
    this.#outputFiles = db.prepare<[string], string | null>('SELECT output_files FROM predictions WHERE id = ?').pluck()
    this.#trace = db.prepare<[string], string | null>('SELECT trace FROM predictions WHERE id = ?').pluck()
    this.#findByKey = db.prepare<[string, string], Row>(
      `SELECT ${columns} FROM predictions WHERE account = ? AND idempotency_key = ?`,
    )
    this.#unfinished = db.prepare<[], Row>(
      `SELECT ${columns} FROM predictions WHERE completed_at IS NULL ORDER BY created_at, id`,
    )
    this.#unfinishedContent = db
      .prepare<[], string>('SELECT DISTINCT content_hash FROM predictions WHERE completed_at IS NULL')
      .pluck()
    this.#chunks = db.prepare<[string], { data: string }>(
      'SELECT data FROM prediction_chunks WHERE prediction_id = ? ORDER BY seq',
    )
    // What its receiver has still to be told waits in the other table.
    const waits = `EXISTS (SELECT 1 FROM webhook_deliveries WHERE prediction_id = p.id AND state = 'waiting')`
    this.#withData = db.prepare<[number, number, number, number], EndedRow>(
      // Those that stay are told, too: to look past any number of them in one go would take any time.
      `SELECT rowid AS number, completed_at, id, account LIKE 'example:%' OR ${waits} AS stays,
          input_parts IS NOT NULL OR output_files IS NOT NULL OR status <> 'succeeded' AS may_have_folder
          FROM predictions AS p WHERE data_removed = 0 AND (completed_at, rowid) > (?, ?) AND completed_at <= ?
          ORDER BY completed_at, rowid LIMIT ?`,
    )
    this.#withoutData = db
      .prepare<[number, number], string>(
        // The newest row stays: it tells which times and ids have been given out.
        `SELECT id FROM predictions AS p WHERE data_removed = 1 AND completed_at <= ? AND NOT ${waits}
          AND rowid < (SELECT max(rowid) FROM predictions) ORDER BY completed_at LIMIT ?`,
      )
      .pluck()
    this.#usesIn = db.prepare<[number, number], { contentHash: string; at: number }>(
      `SELECT content_hash AS contentHash, max(created_at) AS at FROM predictions WHERE rowid > ? AND rowid <= ?
          AND account NOT LIKE 'example:%' GROUP BY content_hash`,
    )
    this.#examples = db.prepare<[string, number, string, number], StoredExample>(
      `SELECT account, created_at AS createdAt, id, content_hash AS contentHash, completed_at IS NOT NULL AS ended
          FROM predictions WHERE account < 'example;' AND (account, created_at, id) > (?, ?, ?)
          ORDER BY account, created_at, id LIMIT ?`,
    )
    this.#ofVersion = db
      .prepare<[number, number, string, string], string>(
        'SELECT id FROM predictions WHERE rowid > ? AND rowid <= ? AND model = ? AND version = ?',
      )
      .pluck()
    this.#lastRow = db.prepare<[], number | null>('SELECT max(rowid) FROM predictions').pluck()
    this.#hasUnfinished = db
      .prepare<[string, string], 0 | 1>(
        'SELECT EXISTS (SELECT 1 FROM predictions WHERE account = ? AND deployment = ? AND completed_at IS NULL)',
      )
      .pluck()
    this.#lastEndedAt = db
      .prepare<[string, string], number | null>(
        'SELECT max(completed_at) FROM predictions WHERE account = ? AND deployment = ?',
      )
      .pluck()
    this.#last = db.prepare<[], number | null>('SELECT created_at FROM predictions ORDER BY rowid DESC LIMIT 1').pluck()
  }

  find(id: string): Prediction | undefined {
    const row = this.#find.get(id)
    return row && fromRow(row)
  }

  /** The files that a prediction gave out; none of one that is not there. */
  outputFiles(id: string): ServedFile[] {
    const files = this.#outputFiles.get(id)
    return files ? JSON.parse(files) : []
  }

  /** Where a prediction belongs in the traces of others. */
  traceOf(id: string): TraceContext | null {
    const trace = this.#trace.get(id)
    return trace ? JSON.parse(trace) : null
  }

  findByIdempotencyKey(account: string, key: string): Prediction | undefined {
    const row = this.#findByKey.get(account, key)
    return row && fromRow(row)
  }

  /** Predictions that a restart has to settle or queue again, oldest first. */
  unfinished(): Prediction[] {
    return this.#unfinished.all().map(fromRow)
  }

  /** Content that unfinished predictions were created with. */
  unfinishedContent(): Set<string> {
    return new Set(this.#unfinishedContent.all())
  }

  /** What was stored of the output and logs of a prediction that did not end. */
  chunks(id: string): Chunk {
    const whole: Chunk = { output: [], files: [], logs: '' }
    for (const { data } of this.#chunks.all(id)) {
      const chunk: Chunk = { files: [], ...JSON.parse(data) }
      for (const value of chunk.output) whole.output.push(value)
      for (const file of chunk.files) whole.files.push(file)
      whole.logs += chunk.logs
    }
    return whole
  }

  /** Predictions beyond a mark that ended by then and still have their data, the longest ago first. */
  endedWithData(after: EndedMark, by: number, most: number): Ended[] {
    return this.#withData.all(after.completedAt, after.row, by, most).map((row) => ({
      id: row.id,
      mayHaveFolder: row.may_have_folder === 1,
      stays: row.stays === 1,
      mark: { completedAt: row.completed_at, row: row.number },
    }))
  }

  /** Predictions that ended by then, have no data any more, and nobody has to be told of; the longest ago first. */
  endedWithoutData(by: number, most: number): string[] {
    return this.#withoutData.all(by, most)
  }

  /** Predictions of a version among some rows, in the order in which they were stored. */
  ofVersion(model: string, version: string, { from, to }: { from: number; to: number }): string[] {
    return this.#ofVersion.all(from, to, model, version)
  }

  /** The content that some rows were created with, examples left out, and when that was for the last time. */
  usesIn({ from, to }: { from: number; to: number }): { contentHash: string; at: number }[] {
    return this.#usesIn.all(from, to)
  }

  /** Examples beyond one, in the order of their accounts. */
  examples({ account, createdAt, id }: Omit<StoredExample, 'contentHash' | 'ended'>, most: number): StoredExample[] {
    return this.#examples.all(account, createdAt, id, most)
  }

  /** Number of the last row. */
  lastRow(): number {
    return this.#lastRow.get() ?? 0
  }

  /** How a deployment is used. */
  useOf(account: string, deployment: string): DeploymentUse {
    return {
      unfinished: this.#hasUnfinished.get(account, deployment) === 1,
      lastEndedAt: this.#lastEndedAt.get(account, deployment) ?? undefined,
    }
  }

  /** Creation time of the last row, so that a clock set back does not make ids go back. */
  lastCreatedAt(): number {
    return this.#last.get() ?? 0
  }

  /**
   * Rows beyond the position, newest first; oldest first when the position looks back. There are up to `size`, and
   * fewer where they hold much: a page is read, parsed and written in one go.
   */
  list(filter: ListFilter, position: Position | undefined, size: number): Found<Prediction> {
    // Literals, because SQLite uses a partial index only where it can see the value.
    const conditions = ['account = ?', `destination IS ${filter.trainings ? 'NOT ' : ''}NULL`]
    const parameters: Parameter[] = [filter.account]
    if (filter.source !== undefined) conditions.push(`source = '${filter.source}'`)
    if (filter.model !== undefined) {
      conditions.push('model = ?')
      parameters.push(filter.model)
    }
    if (filter.status !== undefined) conditions.push(...statusConditions(filter.status))
    if (filter.createdAfter !== undefined) {
      conditions.push('created_at >= ?')
      parameters.push(filter.createdAfter)
    }
    if (filter.createdBefore !== undefined) {
      conditions.push('created_at < ?')
      parameters.push(filter.createdBefore)
    }
    if (position) {
      conditions.push(`(created_at, id) ${position.reverse ? '>' : '<'} (?, ?)`)
      parameters.push(position.at, position.id)
    }
    const direction = position?.reverse ? 'ASC' : 'DESC'
    const sql = `SELECT ${COLUMNS.join(', ')} FROM predictions WHERE ${conditions.join(' AND ')}
      ORDER BY created_at ${direction}, id ${direction} LIMIT ${size + 1}`
    const rows: Prediction[] = []
    let characters = 0
    for (const row of this.#prepareList(sql).iterate(...parameters)) {
      if (rows.length === size || characters > PAGE_CHARACTERS) return { rows, more: true }
      const prediction = fromRow(row)
      characters += row.input.length + bytesOf(prediction.inputParts) + (row.output?.length ?? 0) + row.logs.length
      rows.push(prediction)
    }
    return { rows, more: false }
  }

  #prepareList(sql: string): SqliteStatement<Parameter[], Row> {
    const known = this.#lists.get(sql)
    if (known) return known
    const prepared = this.#db.prepare<Parameter[], Row>(sql)
    this.#lists.set(sql, prepared)
    return prepared
  }
}

/** The words of the partial index that has rows of this status, by which SQLite finds it. */
function statusConditions(status: Status): string[] {
  const conditions = [`status = '${status}'`]
  if (!isTerminal(status)) conditions.push('completed_at IS NULL')
  else if (status !== 'succeeded') conditions.push("status IN ('failed', 'canceled', 'aborted')")
  return conditions
}

function fromRow(row: Row): Prediction {
  const filter: WebhookEvent[] | null =
    row.webhook_events_filter === null ? null : JSON.parse(row.webhook_events_filter)
  const inputParts: InputPart[] = row.input_parts === null ? [] : JSON.parse(row.input_parts)
  const outputFiles: ServedFile[] = row.output_files === null ? [] : JSON.parse(row.output_files)
  const trace: TraceContext | null = row.trace === null ? null : JSON.parse(row.trace)
  const metrics: Metrics | null = row.metrics === null ? null : JSON.parse(row.metrics)
  return {
    id: row.id,
    account: row.account,
    model: row.model,
    version: row.version,
    contentHash: row.content_hash,
    deployment: row.deployment,
    status: row.status,
    revision: row.revision,
    source: row.source,
    input: JSON.parse(row.input),
    sealedSecrets: row.sealed_secrets,
    inputParts,
    output: row.output === null ? null : JSON.parse(row.output),
    outputFiles,
    logs: row.logs,
    error: row.error,
    metrics,
    createdAt: row.created_at,
    claimedAt: row.claimed_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    deadline: row.deadline,
    webhook: row.webhook,
    webhookEventsFilter: filter,
    origin: row.origin,
    streamSecret: row.stream_secret,
    streamsFiles: row.streams_files === 1,
    inlineFiles: row.inline_files === 1,
    dataRemoved: row.data_removed === 1,
    idempotencyKey: row.idempotency_key,
    requestHash: row.request_hash,
    destination: row.destination,
    trace,
  }
}
