import type { Prediction } from './prediction.ts'
import type { Timeline } from './timeline.ts'

/** What is known of a prediction's life beside what is kept of it. */
export interface Story {
  /** The stages that this server saw it go through. */
  timeline: Pick<Timeline, 'intervals' | 'totals'>
  /** Id of the request that created it, unless that was one to a former server. */
  request: string | undefined
}

/** Whoever counts and measures predictions: hears of what has been committed, and changes nothing. */
export interface PredictionObserver {
  onCreated?(p: Prediction): void
  onEnded(p: Prediction, story: Story): void
}

/** Tells those of them that there are. */
export function tellAll(all: readonly (PredictionObserver | undefined)[]): PredictionObserver {
  const observers = all.filter((observer) => observer !== undefined)
  return {
    onCreated(p) {
      for (const observer of observers) observer.onCreated?.(p)
    },
    onEnded(p, story) {
      for (const observer of observers) observer.onEnded(p, story)
    },
  }
}
