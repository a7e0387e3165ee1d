import type { Prediction } from '../api/types.ts'
import { durationOf } from '../parts/duration.ts'

/** What one waits for, and for how long it may take; or how long it took. */
export function Progress({ prediction }: { prediction: Prediction }) {
  const { status, queue_position: position, eta, metrics } = prediction
  if (status === 'starting') {
    const place = position === undefined ? '' : position === 1 ? 'next in the queue' : `number ${position} in the queue`
    const wait = eta === undefined ? '' : `about ${durationOf(eta)} to go`
    return <span class="note">{[place, wait].filter(Boolean).join(', ')}</span>
  }
  if (status === 'processing') return null
  const seconds = metrics?.predict_time
  return seconds === undefined ? null : <span class="note">ran for {durationOf(seconds)}</span>
}
