import type { JsonPath } from '../json-path.ts'
import type { InputFile } from '../runner/protocol.ts'

/** A part of an input that lies in the folder of its prediction. */
export interface StoredPart extends InputFile {
  /** How the data URI began that the file came in, where the row holds it cut short. */
  cutDataUri?: string
  /** Whether it is another name of an upload or of an output. */
  linked?: true
}

/** A part of an input that has to be downloaded before the run. */
export interface RemotePart {
  path: JsonPath
  /** The name it will have in the folder of the prediction. */
  file: string
  url: string
}

export type InputPart = StoredPart | RemotePart

export function isRemote(part: InputPart): part is RemotePart {
  return 'url' in part
}

export function isStored(part: InputPart): part is StoredPart {
  return !isRemote(part)
}

/** Whether the part is still needed after the run, to show the input. */
export function outlivesRun(part: InputPart): boolean {
  return isStored(part) && part.as.type === 'json'
}

/** What parts take on the disk, in bytes; those that lie there under another name, too, take nothing. */
export function bytesOf(parts: readonly InputPart[]): number {
  return parts.filter(isStored).reduce((sum, { size, linked }) => sum + (linked ? 0 : size), 0)
}
