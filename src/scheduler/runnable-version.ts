import type { ExecutionProvider } from '../runner/execution-provider.ts'
import type { PackageLocation } from '../runner/protocol.ts'

/** How a package wants to be run: the `run:` section of its model.yaml with defaults filled in. */
export interface RunSettings {
  /** Replicas kept loaded from the start. */
  minReplicas: number
  maxReplicas: number
  /** Most inputs that a model which takes many is given at once. */
  maxBatch: number
  /** Threads of one session; null leaves it to the scheduler. */
  threads: number | null
  setupTimeoutMs: number
  predictTimeoutMs: number
  trainTimeoutMs: number
  /** How long a replica beyond the least number stays although it has nothing to do. */
  idleTimeoutMs: number
  /** Bytes at which a replica is ended; null leaves it to what all may use together. */
  memoryBytes: number | null
  executionProviders: 'auto' | readonly ExecutionProvider[]
  /** Passed to onnxruntime as they are. */
  sessionOptions: Readonly<Record<string, unknown>>
}

/** All the scheduler knows of a model version. */
export interface RunnableVersion {
  /** `owner/name`, for messages. */
  model: string
  contentHash: string
  package: PackageLocation
  /** Of all its files; most of that is weights. */
  bytes: number
  /** Whether it takes many inputs at once. */
  batches: boolean
  run: RunSettings
  /** What runs its trainings; undefined where it cannot be trained. */
  training?: RunnableVersion
  /** Whether it runs trainings, and no predictions. */
  trains?: boolean
  /** Set where it runs in replicas of a deployment's own. */
  deployment?: DeploymentPlace
}

/** Whose replicas they are, and what they are to run on. */
export interface DeploymentPlace {
  owner: string
  name: string
  /** The sku of `/v1/hardware`. */
  hardware: string
}

/**
 * The name of the lane that a version belongs to: all that is asked for the same content shares replicas, but for what
 * is asked of a deployment, whose lane is another one when a release changes what its replicas are, and for trainings,
 * which take hours: predictions do not wait behind them.
 */
export function laneOf(version: Pick<RunnableVersion, 'contentHash' | 'deployment' | 'trains'>): string {
  const { contentHash, deployment, trains = false } = version
  if (trains) return `${contentHash}/train`
  if (!deployment) return contentHash
  const { owner, name, hardware } = deployment
  return `${owner}/${name} ${hardware} ${contentHash}`
}

/** What is remembered of the memory of replicas belongs to this: to train takes another amount than to predict. */
export function memoryKey({ contentHash, trains = false }: Pick<RunnableVersion, 'contentHash' | 'trains'>): string {
  return trains ? `${contentHash}/train` : contentHash
}
