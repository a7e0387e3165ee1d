import type { Database } from 'better-sqlite3'
import type { Write } from '../db/messages.ts'
import type { WebhookEvent } from '../predictions/prediction.ts'
import type { Delivery, DeliveryState, DeliveryTry, NewDelivery, WaitingDelivery } from './delivery.ts'

/** So many events of what a prediction gives out while it runs stay in the log; older ones are forgotten. */
const KEPT_PROGRESS = 100

interface Row {
  id: string
  prediction_id: string
  account: string
  event: WebhookEvent
  url: string
  state: DeliveryState
  created_at: number
  next_try_at: number | null
  tries: string
}

const COLUMNS = 'id, prediction_id, account, event, url, state, created_at, next_try_at, tries'

export const webhookStatements = {
  'webhook.insert': `INSERT INTO webhook_deliveries (${COLUMNS}, body, receiver) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  'webhook.update': 'UPDATE webhook_deliveries SET state = ?, next_try_at = ?, tries = ? WHERE id = ?',
  'webhook.replay': `UPDATE webhook_deliveries SET state = 'waiting', next_try_at = ? WHERE id = ?`,
  'webhook.supersede': `UPDATE webhook_deliveries SET state = 'superseded', next_try_at = NULL
    WHERE prediction_id = ? AND state = 'waiting' AND event IN ('output', 'logs')`,
  'webhook.supersede-all': `UPDATE webhook_deliveries SET state = 'superseded', next_try_at = NULL WHERE state = 'waiting'`,
  'webhook.prune': `DELETE FROM webhook_deliveries WHERE prediction_id = ? AND state <> 'waiting'
    AND event IN ('output', 'logs') AND seq <= (SELECT seq FROM webhook_deliveries WHERE prediction_id = ?
      AND event IN ('output', 'logs') ORDER BY seq DESC LIMIT 1 OFFSET ${KEPT_PROGRESS})`,
  'webhook.remove': 'DELETE FROM webhook_deliveries WHERE prediction_id IN (SELECT value FROM json_each(?))',
  'webhook-secret.insert':
    'INSERT INTO webhook_secrets (account, secret, created_at, retires_at) VALUES (?, ?, ?, NULL)',
  'webhook-secret.retire': 'UPDATE webhook_secrets SET retires_at = ? WHERE account = ? AND retires_at IS NULL',
  'webhook-secret.forget': 'DELETE FROM webhook_secrets WHERE retires_at <= ?',
  'webhook-secret.keep-newest': `DELETE FROM webhook_secrets WHERE account = ? AND secret NOT IN (
    SELECT secret FROM webhook_secrets WHERE account = ? ORDER BY created_at DESC LIMIT ?)`,
} as const

export function insert(delivery: NewDelivery): Write {
  const { id, predictionId, account, event, url, body, state, createdAt, nextTryAt, tries } = delivery
  const receiver = receiverOf(url)
  return [
    {
      name: 'webhook.insert',
      parameters: [
        id,
        predictionId,
        account,
        event,
        url,
        state,
        createdAt,
        nextTryAt,
        JSON.stringify(tries),
        body,
        receiver,
      ],
    },
  ]
}

/** Deliveries to one origin share its connections. */
export function receiverOf(url: string): string {
  return new URL(url).origin
}

/** Keeps what became of a delivery. */
export function update({ id, state, nextTryAt, tries }: Delivery): Write {
  return [{ name: 'webhook.update', parameters: [state, nextTryAt, JSON.stringify(tries), id] }]
}

/** Lets a delivery wait again, whatever became of it. */
export function replay(id: string, at: number): Write {
  return [{ name: 'webhook.replay', parameters: [at, id] }]
}

/** Nothing of what went on during a run is told after its end. */
export function supersedeProgress(predictionId: string): Write {
  return [{ name: 'webhook.supersede', parameters: [predictionId] }]
}

/** Nothing that waits is sent any more. */
export function supersedeAll(): Write {
  return [{ name: 'webhook.supersede-all', parameters: [] }]
}

/** Bounds what is kept of a prediction that runs for hours. */
export function pruneProgress(predictionId: string): Write {
  return [{ name: 'webhook.prune', parameters: [predictionId, predictionId] }]
}

export function removeDeliveries(predictionIds: readonly string[]): Write {
  return [{ name: 'webhook.remove', parameters: [JSON.stringify(predictionIds)] }]
}

export function insertSecret(account: string, secret: string, createdAt: number): Write {
  return [{ name: 'webhook-secret.insert', parameters: [account, secret, createdAt] }]
}

/** Lets the present secret of an account sign beside its successor for a while. */
export function retireSecret(account: string, retiresAt: number): Write {
  return [{ name: 'webhook-secret.retire', parameters: [retiresAt, account] }]
}

/** Each of them signs: a receiver takes no headers of any length. */
export function keepNewestSecrets(account: string, most: number): Write {
  return [{ name: 'webhook-secret.keep-newest', parameters: [account, account, most] }]
}

export function forgetSecrets(retiredBy: number): Write {
  return [{ name: 'webhook-secret.forget', parameters: [retiredBy] }]
}

/** Reads on the server's own connection: only what has been committed. */
export class WebhookStore {
  readonly #find
  readonly #ofPrediction
  readonly #body
  readonly #due
  readonly #nextTryAt
  readonly #receivers
  readonly #secrets

  constructor(db: Database) {
    this.#find = db.prepare<[string], Row>(`SELECT ${COLUMNS} FROM webhook_deliveries WHERE id = ?`)
    this.#ofPrediction = db.prepare<[string], Row>(
      `SELECT ${COLUMNS} FROM webhook_deliveries WHERE prediction_id = ? ORDER BY seq`,
    )
    this.#body = db.prepare<[string], string | null>('SELECT body FROM webhook_deliveries WHERE id = ?').pluck()
    this.#due = db.prepare<[string, number, string, number], Row & { body_bytes: number }>(
      `SELECT ${COLUMNS}, coalesce(octet_length(body), 0) AS body_bytes FROM webhook_deliveries AS d WHERE receiver = ? AND state = 'waiting' AND next_try_at <= ?
        AND prediction_id NOT IN (SELECT value FROM json_each(?))
        AND NOT EXISTS (SELECT 1 FROM webhook_deliveries AS earlier WHERE earlier.prediction_id = d.prediction_id
          AND earlier.seq < d.seq AND earlier.state = 'waiting')
        ORDER BY next_try_at, seq LIMIT ?`,
    )
    this.#nextTryAt = db
      .prepare<[string, number], number | null>(
        `SELECT min(next_try_at) FROM webhook_deliveries WHERE receiver = ? AND state = 'waiting' AND next_try_at > ?`,
      )
      .pluck()
    this.#receivers = db
      .prepare<[], string>(`SELECT DISTINCT receiver FROM webhook_deliveries WHERE state = 'waiting'`)
      .pluck()
    this.#secrets = db
      .prepare<[string, number], string>(
        `SELECT secret FROM webhook_secrets WHERE account = ? AND (retires_at IS NULL OR retires_at > ?)
          ORDER BY retires_at IS NOT NULL, created_at DESC`,
      )
      .pluck()
  }

  find(id: string): Delivery | undefined {
    const row = this.#find.get(id)
    return row && fromRow(row)
  }

  /** As it was rendered when the prediction ended; undefined for other events. */
  body(id: string): string | undefined {
    return this.#body.get(id) ?? undefined
  }

  /** In the order in which they are sent. */
  ofPrediction(predictionId: string): Delivery[] {
    return this.#ofPrediction.all(predictionId).map(fromRow)
  }

  /** Deliveries whose turn it is: of each prediction only the first that waits. */
  due(receiver: string, now: number, most: number, except: readonly string[] = []): WaitingDelivery[] {
    const rows = this.#due.all(receiver, now, JSON.stringify(except), most)
    return rows.map((row) => ({ ...fromRow(row), bodyBytes: row.body_bytes }))
  }

  /** When the next one that is not due yet will be. */
  nextTryAt(receiver: string, now: number): number | undefined {
    return this.#nextTryAt.get(receiver, now) ?? undefined
  }

  /** Origins for which something waits. */
  receivers(): string[] {
    return this.#receivers.all()
  }

  /** Secrets that sign for an account, the present one first. */
  secrets(account: string, now: number): string[] {
    return this.#secrets.all(account, now)
  }
}

function fromRow(row: Row): Delivery {
  const tries: DeliveryTry[] = JSON.parse(row.tries)
  return {
    id: row.id,
    predictionId: row.prediction_id,
    account: row.account,
    event: row.event,
    url: row.url,
    state: row.state,
    createdAt: row.created_at,
    nextTryAt: row.next_try_at,
    tries,
  }
}
