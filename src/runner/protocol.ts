/** Every message between the server and a runner process. Both sides import it; it travels as JSON. */
import type { JsonPath } from '../json-path.ts'
import type { ProviderChoice } from './execution-provider.ts'

/** Characters of logs that are kept of one run; a runner sends little more. */
export const LOGS_LIMIT = 4 * 2 ** 20

export interface PackageLocation {
  /** The snapshot that is run. */
  dir: string
  /** File of the snapshot that defines the model: code, or a graph that is run as it is. */
  entry: string
  /** Where the package was found: libraries that its code imports are looked up from here. */
  sourceDir: string
}

export interface SessionSettings {
  threads: number
  /** What to run on, tried in this order. */
  devices: readonly ProviderChoice[]
  options: Readonly<Record<string, unknown>>
}

/** What a package declares: the JSON schemas of its input and output, and whether it runs many inputs at once. */
export interface Signature {
  input: Record<string, unknown>
  output: Record<string, unknown>
  batches: boolean
  /** The file that trains it, and the JSON schema of what that takes; null where it cannot be trained. */
  training: { entry: string; input: Record<string, unknown> } | null
}

/** In the folder of a training: the package that it has made. */
export const PACKAGE_FOLDER = 'package'

/** Something that stands in an input and lies in the folder of the prediction. */
export interface InputFile {
  path: JsonPath
  /** Its name in the folder. */
  file: string
  /** Bytes. */
  size: number
  /** What the model gets: a file, or the JSON that the file holds. */
  as: { type: 'file'; name: string; contentType: string } | { type: 'json' }
}

/** A file that a model gave out; null stands at its place in the output. */
export interface OutputFile {
  /** From the output of a run, or from the list of values of an event. */
  path: JsonPath
  /** Its name in the folder of the prediction, where it lies whole and synced. */
  file: string
  name: string
  contentType: string
  /** Bytes. */
  size: number
}

export interface RunRequest {
  id: string
  /** Whose it is: accounts take turns. */
  account: string
  input: Readonly<Record<string, unknown>>
  inputFiles: readonly InputFile[]
  /** Not to be joined with others. */
  alone?: boolean
}

export type ToRunner =
  /** Imports what every model needs, before it is known which will be loaded. */
  | { type: 'prepare' }
  /** Imports the code, without its setup, or loads the graph, and tells its signature. */
  | { type: 'inspect'; package: PackageLocation }
  /** Imports the code and runs its setup. Each prediction has a folder of its own, named by its id, in `predictionsDir`. */
  | { type: 'load'; package: PackageLocation; session: SessionSettings; maxBatch: number; predictionsDir: string }
  /** Queues runs; they are run one after the other, the accounts in turns, or up to `maxBatch` at a time. */
  | { type: 'run'; runs: readonly RunRequest[] }
  /** Forgets a queued run, or asks the present one to stop. */
  | { type: 'cancel'; id: string }

export type RunnerEvent =
  | { type: 'inspected'; signature: Signature }
  /** `device` is what the sessions run on, such as `cpu` or `cuda:0`; null when the model loads none. */
  | { type: 'ready'; device: string | null }
  /** The package could not be imported or set up. */
  | { type: 'refused'; message: string }
  /** Delivered before the model sees the input, so that a death tells which runs it can have been caused by. */
  | { type: 'started'; id: string }
  | { type: 'output'; id: string; values: unknown[]; files: OutputFile[] }
  /** `id` is null outside of a run. */
  | { type: 'log'; id: string | null; text: string }
  | { type: 'metric'; id: string; name: string; value: number }
  /** `storeSeconds` is the part of the time in which files were stored; left out where there were none. */
  | { type: 'done'; id: string; output: unknown; files: OutputFile[]; seconds: number; storeSeconds?: number }
  | { type: 'error'; id: string; message: string; seconds: number }
  /** The batch that it was in has failed as a whole: it waits again, to be started once more, alone. */
  | { type: 'returned'; id: string }
  /** A queued run was forgotten. */
  | { type: 'dropped'; id: string }

/** Events are sent in groups: one message costs as much as the few events of a short run. */
export type FromRunner = readonly RunnerEvent[]
