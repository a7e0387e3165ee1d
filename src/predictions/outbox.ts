import type { Write } from '../db/messages.ts'
import type { LivePrediction } from './live-prediction.ts'
import type { Prediction } from './prediction.ts'

/** Whoever tells others of predictions: hears of a change in time to commit with it what has to be told. */
export interface Outbox {
  /**
   * What is committed together with a change.
   * @param began whether the prediction has entered `processing` since the last one
   */
  writesFor(p: Prediction, began: boolean): Promise<Write>
  /** Called after that commit. */
  onCommitted(p: Prediction): void
  /** Called before the prediction runs, for what is told while it does. */
  follow(live: LivePrediction): void
  /** What is committed together with the removal of the data of predictions. */
  writesForRemoval(ids: readonly string[]): Write
}
