import type { Write } from '../db/messages.ts'
import type { Prediction } from './prediction.ts'

/** What a training has made, ready to be committed together with its success; nobody sees it before. */
export interface Publication {
  output: unknown
  writes: Write
  /** Called after the commit: readers see it from now on. */
  announce(): void
  /** Called when it will not be committed. */
  discard(): void
}

export interface PublishOptions {
  /** Writes to the logs of the training. */
  log(text: string): void
  /** Aborted when nobody wants the result any more. */
  signal: AbortSignal
}

/** Makes of a training that has run what is to become of it. @throws with the reason for which the training fails */
export type Publish = (training: Prediction, options: PublishOptions) => Promise<Publication>
