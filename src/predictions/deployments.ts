import type { Account } from '../accounts/account.ts'
import type { Model } from '../models/model.ts'
import type { Version } from '../models/version.ts'
import type { RunnableVersion } from '../scheduler/runnable-version.ts'

/** What predictions have to know of deployments. */
export interface Deployments {
  /**
   * What a prediction on a deployment runs now, in replicas of the deployment's own.
   * @throws AppError `not_found`, also for deployments of other accounts, or `invalid` when it takes no predictions
   */
  getTarget(account: Account, owner: string, name: string): { model: Model; version: Version }
  /** The replicas of a deployment that run a content; undefined when its present release has another. */
  findRunnable(owner: string, name: string, contentHash: string): RunnableVersion | undefined
}

/** What deployments have to know of the predictions on one of them. */
export interface DeploymentUse {
  /** Whether there are some that have not ended. */
  unfinished: boolean
  /** When the last one ended. */
  lastEndedAt: number | undefined
}
