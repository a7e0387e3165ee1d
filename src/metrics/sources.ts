import type { Clock } from '../clock.ts'
import type { PredictionService } from '../predictions/service.ts'
import type { Scheduler } from '../scheduler/scheduler.ts'
import { runnerStatuses } from '../scheduler/status.ts'
import type { Sources } from './metrics.ts'

export interface Watched {
  scheduler: Scheduler
  predictions: Pick<PredictionService, 'liveByModel'>
  openStreams: ReadonlySet<unknown>
  clock: Clock
}

/** Where a scrape looks for what is there at that moment. */
export function watchedBy({ scheduler, predictions, openStreams, clock }: Watched): Sources {
  return {
    runners: () => runnerStatuses(scheduler, clock),
    memoryLimitBytes: scheduler.budget.memoryBytes,
    *queues() {
      for (const { version, queued } of scheduler.lanes) if (queued > 0) yield [version.model, queued]
    },
    live: () => predictions.liveByModel,
    openStreams: () => openStreams.size,
  }
}
