import type { RunnableVersion } from './runnable-version.ts'

export interface ReplicaCounts {
  /** Of the version itself, those that are loaded. */
  own: number
  /** Of all other versions. */
  others: number
}

/**
 * Threads of a replica that is about to load: what the package asks for, or else an equal part of the cores. A package
 * that wants several replicas gets them by leaving room for all of them from the first on.
 */
export function threadShare({ run }: RunnableVersion, { own, others }: ReplicaCounts, cores: number): number {
  return run.threads ?? Math.max(1, Math.floor(cores / (others + Math.max(own + 1, run.maxReplicas))))
}

/** Whether an idle replica has so much more or less than its part by now that it should load again. */
export function isFarOff(threads: number, share: number): boolean {
  return threads > 2 * share || share > 2 * threads
}
