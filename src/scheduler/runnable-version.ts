import type { PackageLocation } from '../runner/protocol.ts'

/** How a package wants to be run: the `run:` section of its model.yaml with defaults filled in. */
export interface RunSettings {
  /** Replicas kept loaded from the start. */
  minReplicas: number
  /** Threads of one session; null leaves it to the scheduler. */
  threads: number | null
  setupTimeoutMs: number
  predictTimeoutMs: number
  /** Passed to onnxruntime as they are. */
  sessionOptions: Readonly<Record<string, unknown>>
}

/** All the scheduler knows of a model version. */
export interface RunnableVersion {
  /** `owner/name`, for messages. */
  model: string
  contentHash: string
  package: PackageLocation
  run: RunSettings
}
