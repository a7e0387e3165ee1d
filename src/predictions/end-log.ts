import type { Logger } from 'pino'
import type { PredictionObserver } from './observer.ts'
import { isTimeName } from './timeline.ts'

/** Logs the end of each prediction: what it was and how long it took, and nothing of what went in or came out. */
export function endLog(log: Logger): PredictionObserver {
  return {
    onEnded({ id, model, version, status, metrics, destination }, { request }) {
      if (!log.isLevelEnabled('info')) return
      const times = Object.entries(metrics ?? {}).filter(([name]) => isTimeName(name))
      const what = destination === null ? 'a prediction has ended' : 'a training has ended'
      log.info({ prediction: id, request, model, version, outcome: status, ...Object.fromEntries(times) }, what)
    },
  }
}
