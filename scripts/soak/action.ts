import type { Samples } from './files.ts'
import type { Latencies } from './latencies.ts'
import type { Visitor } from './visitor.ts'

/** What all clients share. */
export interface Scene {
  samples: Samples
  /** How long each hello-world took. */
  greetings: Latencies
  /** What the storyteller told for each seed. */
  tales: Map<number, string>
}

/** Something that a client does, followed to its end. */
export type Action = (visitor: Visitor, scene: Scene) => Promise<void>
