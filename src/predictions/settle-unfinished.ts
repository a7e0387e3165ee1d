import type { Write } from '../db/messages.ts'
import { interrupt } from './prediction.ts'
import { fold, type PredictionStore, update } from './store.ts'

/** Has every prediction fail that has not ended, one after the other, with what is stored of its output; tells nobody. */
export function* settleUnfinished(store: PredictionStore, now: number): Generator<Write, void> {
  for (const prediction of store.unfinished()) {
    const { output, files, logs } = store.chunks(prediction.id)
    const streamed = prediction.streamSecret !== null && output.length > 0
    const produced = { output: streamed ? output : null, outputFiles: files, logs }
    const at = Math.max(now, prediction.startedAt ?? prediction.createdAt)
    const failed = interrupt(prediction, produced, at)
    if (!failed) continue
    const { revision } = prediction
    yield [...update({ ...failed, revision: revision + 1 }, revision), ...fold(prediction.id)]
  }
}
