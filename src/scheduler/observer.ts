import type { RunnableVersion } from './runnable-version.ts'

/** Why the server ends a runner that has not done what it was there for. */
export const END_CAUSES = ['setup_timeout', 'memory', 'refused', 'stalled', 'canceled'] as const
/** One of those, the signal that ended it, or `exit`: it went by itself, or could not be started. */
export type EndCause = (typeof END_CAUSES)[number] | NodeJS.Signals | 'exit'

/** Whoever counts and measures what runners do. */
export interface SchedulerObserver {
  /** So many inputs were run together, by a model that takes many. */
  onBatch(version: RunnableVersion, size: number): void
  /** A runner has ended that nobody had let go; another takes its place when there is something to do. */
  onDied(version: RunnableVersion, cause: EndCause): void
}
