/**
 * A deployment: a name under which one version of a model runs in replicas of its own. Whatever is changed makes
 * another release of it.
 */
import type { DeploymentUse } from '../predictions/deployments.ts'
import type { RunnableVersion } from '../scheduler/runnable-version.ts'

/** So long nobody may have used a deployment that is to be deleted. */
export const UNUSED_MS = 15 * 60_000

const HOW_TO_END =
  'set min_instances to 0 and wait until they have ended, or set max_instances to 0, too, which ends them at once'

/** What a release says of how it is run. */
export interface Configuration {
  /** The id of a version of the model. */
  readonly version: string
  /** A sku of `/v1/hardware`. */
  readonly hardware: string
  /** Replicas that are kept loaded, and the most there may be. */
  readonly minInstances: number
  readonly maxInstances: number
}

export interface Release extends Configuration {
  /** Counts from 1. */
  readonly number: number
  /** `owner/name`, the same in every release. */
  readonly model: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** The account that made it. */
  readonly createdBy: string
}

export interface Deployment {
  /** The account that it belongs to. */
  readonly owner: string
  /** Unique among those of its owner. */
  readonly name: string
  readonly createdAt: number
  /** The present one. */
  readonly release: Release
}

/** `owner/name` */
export function fullName({ owner, name }: Pick<Deployment, 'owner' | 'name'>): string {
  return `${owner}/${name}`
}

export function begin(given: Configuration & { name: string; model: string }, owner: string, at: number): Deployment {
  const { name, ...release } = given
  return { owner, name, createdAt: at, release: { ...release, number: 1, createdAt: at, createdBy: owner } }
}

/** The next release of a deployment; undefined when nothing changes. */
export function revise(
  deployment: Deployment,
  changes: Partial<Configuration>,
  by: string,
  at: number,
): Deployment | undefined {
  const { release } = deployment
  const next: Release = { ...release, ...changes, number: release.number + 1, createdAt: at, createdBy: by }
  const same =
    next.version === release.version &&
    next.hardware === release.hardware &&
    next.minInstances === release.minInstances &&
    next.maxInstances === release.maxInstances
  return same ? undefined : { ...deployment, release: next }
}

/** A version as the replicas of a deployment run it. */
export function asDeployed(runnable: RunnableVersion, { owner, name, release }: Deployment): RunnableVersion {
  const { hardware, minInstances, maxInstances } = release
  const { run } = runnable
  return {
    ...runnable,
    deployment: { owner, name, hardware },
    run: {
      ...run,
      minReplicas: minInstances,
      maxReplicas: maxInstances,
      executionProviders: hardware === 'cpu' ? ['cpu'] : run.executionProviders,
    },
  }
}

/** Why a deployment cannot be deleted, as the end of a sentence that says how to mend it; undefined when it can. */
export function whyInUse(
  { release }: Deployment,
  { unfinished, lastEndedAt }: DeploymentUse,
  replicas: number,
  now: number,
): string | undefined {
  if (unfinished) return 'it has predictions that have not ended; wait for them or cancel them, then wait 15 minutes'
  if (release.minInstances > 0) return `it keeps instances loaded; ${HOW_TO_END}`
  if (replicas > 0) return `it has running instances (${replicas}); ${HOW_TO_END}`
  const waitMs = lastEndedAt === undefined ? 0 : lastEndedAt + UNUSED_MS - now
  if (waitMs <= 0) return
  const minutes = Math.ceil(waitMs / 60_000)
  return `it was used less than 15 minutes ago; try again in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}`
}
