import Database from 'better-sqlite3'
import { IdMaker } from '../src/id.ts'
import type { Prediction } from '../src/predictions/prediction.ts'
import { insert, predictionStatements } from '../src/predictions/store.ts'

/** When the first of them was created. */
export const BEGIN = Date.parse('2026-01-01T00:00:00Z')

/** Fills a database with finished predictions, one for each second. @returns their ids */
export function fillWithPredictions(path: string, size: number, more: Partial<Prediction> = {}): string[] {
  const db = new Database(path)
  const statement = db.prepare(predictionStatements['prediction.insert'])
  const maker = new IdMaker()
  const ids: string[] = []
  db.transaction(() => {
    for (let i = 0; i < size; i++) {
      const at = BEGIN + i * 1_000
      const id = maker.next(at)
      ids.push(id)
      const [write] = insert({
        id,
        account: 'local',
        model: 'replicate/hello-world',
        version: '0'.repeat(64),
        contentHash: '0'.repeat(64),
        deployment: null,
        status: 'succeeded',
        revision: 1,
        source: 'api',
        input: { text: `number ${i}` },
        sealedSecrets: null,
        inputParts: [],
        output: `hello number ${i}`,
        outputFiles: [],
        logs: '',
        error: null,
        metrics: { predict_time: 0.001, total_time: 0.002 },
        createdAt: at,
        claimedAt: at,
        startedAt: at,
        completedAt: at + 2,
        deadline: null,
        webhook: null,
        webhookEventsFilter: null,
        origin: 'http://127.0.0.1:3000',
        streamSecret: null,
        streamsFiles: false,
        inlineFiles: false,
        dataRemoved: false,
        idempotencyKey: null,
        requestHash: null,
        destination: null,
        trace: null,
        ...more,
      })
      if (write) statement.run(...write.parameters)
    }
  })()
  db.close()
  return ids
}
