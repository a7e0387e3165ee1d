import type { Logger } from 'pino'
import type { PredictionObserver } from './observer.ts'
import { isTimeName } from './timeline.ts'

/** Logs the end of each prediction: what it was and how long it took, and nothing of what went in or came out. */
export function endLog(log: Logger): PredictionObserver {
  return {
    onEnded({ id, model, version, status, metrics, destination }, { request }) {
      if (!log.isLevelEnabled('info')) return
      const line: Record<string, unknown> = { prediction: id, request, model, version, outcome: status }
      // What a model tells of its own is a part of what came out.
      for (const name in metrics) if (isTimeName(name)) line[name] = metrics[name]
      log.info(line, destination === null ? 'a prediction has ended' : 'a training has ended')
    },
  }
}
