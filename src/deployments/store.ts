import type { Database } from 'better-sqlite3'
import type { Write } from '../db/messages.ts'
import type { Found, Position } from '../page.ts'
import type { Deployment } from './deployment.ts'

interface Row {
  owner: string
  name: string
  created_at: number
  number: number
  model: string
  version: string
  hardware: string
  min_instances: number
  max_instances: number
  released_at: number
  released_by: string
}

const COLUMNS =
  'owner, name, created_at, number, model, version, hardware, min_instances, max_instances, released_at, released_by'

export const deploymentStatements = {
  'deployment.insert': `INSERT INTO deployments (${COLUMNS}) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
    WHERE (SELECT count(*) FROM deployments WHERE owner = ?) < ?`,
  'deployment.update': `UPDATE deployments SET number = ?, version = ?, hardware = ?, min_instances = ?, max_instances = ?,
    released_at = ?, released_by = ? WHERE owner = ? AND name = ? AND number = ?`,
  'deployment.delete': 'DELETE FROM deployments WHERE owner = ? AND name = ? AND number = ?',
} as const

/** Refused where the name is taken, and where its owner has `most` already. */
export function insert({ owner, name, createdAt, release }: Deployment, most: number): Write {
  const { number, model, version, hardware, minInstances, maxInstances } = release
  return [
    {
      name: 'deployment.insert',
      parameters: [
        owner,
        name,
        createdAt,
        number,
        model,
        version,
        hardware,
        minInstances,
        maxInstances,
        release.createdAt,
        release.createdBy,
        owner,
        most,
      ],
      expect: 1,
    },
  ]
}

/** Replaces the release that had `number`; refused when there has been another since. */
export function update({ owner, name, release }: Deployment, number: number): Write {
  const { version, hardware, minInstances, maxInstances, createdAt, createdBy } = release
  return [
    {
      name: 'deployment.update',
      parameters: [
        release.number,
        version,
        hardware,
        minInstances,
        maxInstances,
        createdAt,
        createdBy,
        owner,
        name,
        number,
      ],
      expect: 1,
    },
  ]
}

/** Refused when there has been another release since. */
export function remove({ owner, name, release }: Deployment): Write {
  return [{ name: 'deployment.delete', parameters: [owner, name, release.number], expect: 1 }]
}

/** Reads on the server's own connection: only what has been committed. */
export class DeploymentStore {
  readonly #find
  readonly #all
  readonly #ownersOn
  readonly #newest
  readonly #older
  readonly #newer

  constructor(db: Database) {
    this.#find = db.prepare<[string, string], Row>(`SELECT ${COLUMNS} FROM deployments WHERE owner = ? AND name = ?`)
    this.#all = db.prepare<[], Row>(`SELECT ${COLUMNS} FROM deployments`)
    this.#ownersOn = db
      .prepare<[string, string], string>('SELECT DISTINCT owner FROM deployments WHERE model = ? AND version = ?')
      .pluck()
    const list = (beyond: string, direction: 'ASC' | 'DESC') =>
      `SELECT ${COLUMNS} FROM deployments WHERE owner = ? ${beyond}
        ORDER BY created_at ${direction}, name ${direction} LIMIT ?`
    this.#newest = db.prepare<[string, number], Row>(list('', 'DESC'))
    type Beyond = [string, number, string, number]
    this.#older = db.prepare<Beyond, Row>(list('AND (created_at, name) < (?, ?)', 'DESC'))
    this.#newer = db.prepare<Beyond, Row>(list('AND (created_at, name) > (?, ?)', 'ASC'))
  }

  find(owner: string, name: string): Deployment | undefined {
    const row = this.#find.get(owner, name)
    return row && fromRow(row)
  }

  /** Of every account. */
  all(): Deployment[] {
    return this.#all.all().map(fromRow)
  }

  /** The accounts whose deployments have a version in their present release. */
  ownersOn(model: string, version: string): string[] {
    return this.#ownersOn.all(model, version)
  }

  /** Deployments of an account beyond the position, newest first; oldest first when it looks back. */
  list(owner: string, position: Position | undefined, size: number): Found<Deployment> {
    const rows = position
      ? (position.reverse ? this.#newer : this.#older).all(owner, position.at, position.id, size + 1)
      : this.#newest.all(owner, size + 1)
    return { rows: rows.slice(0, size).map(fromRow), more: rows.length > size }
  }
}

function fromRow(row: Row): Deployment {
  return {
    owner: row.owner,
    name: row.name,
    createdAt: row.created_at,
    release: {
      number: row.number,
      model: row.model,
      version: row.version,
      hardware: row.hardware,
      minInstances: row.min_instances,
      maxInstances: row.max_instances,
      createdAt: row.released_at,
      createdBy: row.released_by,
    },
  }
}
