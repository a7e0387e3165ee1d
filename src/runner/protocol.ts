/** Every message between the server and a runner process. Both sides import it; it travels as JSON. */

export interface PackageLocation {
  /** The snapshot that is run. */
  dir: string
  /** File of the snapshot that defines the model. */
  entry: string
  /** Where the package was found: libraries that its code imports are looked up from here. */
  sourceDir: string
}

export interface SessionSettings {
  threads: number
  options: Readonly<Record<string, unknown>>
}

/** JSON schemas that a package declares. */
export interface Signature {
  input: Record<string, unknown>
  output: Record<string, unknown>
}

export interface RunRequest {
  id: string
  input: Readonly<Record<string, unknown>>
}

export type ToRunner =
  /** Imports the code, without its setup, and tells its signature. */
  | { type: 'inspect'; package: PackageLocation }
  /** Imports the code and runs its setup. */
  | { type: 'load'; package: PackageLocation; session: SessionSettings }
  /** Queues runs; they are run one after the other, in order. */
  | { type: 'run'; runs: readonly RunRequest[] }
  /** Forgets a queued run, or asks the present one to stop. */
  | { type: 'cancel'; id: string }

export type RunnerEvent =
  | { type: 'inspected'; signature: Signature }
  | { type: 'ready' }
  /** The package could not be imported or set up. */
  | { type: 'refused'; message: string }
  /** Delivered before the model sees the input, so that a death tells which run caused it. */
  | { type: 'started'; id: string }
  | { type: 'output'; id: string; values: unknown[] }
  /** `id` is null outside of a run. */
  | { type: 'log'; id: string | null; text: string }
  | { type: 'metric'; id: string; name: string; value: number }
  | { type: 'done'; id: string; output: unknown; seconds: number }
  | { type: 'error'; id: string; message: string; seconds: number }
  /** A queued run was forgotten. */
  | { type: 'dropped'; id: string }

/** Events are sent in groups: one message costs as much as the few events of a short run. */
export type FromRunner = readonly RunnerEvent[]
