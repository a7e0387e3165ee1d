import type { RunnableVersion } from '../scheduler/runnable-version.ts'
import type { FindPlaces } from './input-places.ts'
import type { ValidateInput } from './input-validation.ts'
import type { OpenapiSchema } from './openapi-schema.ts'
import type { ModelYaml } from './package.ts'

/** What takes inputs: what its schema says of them and of the output, and what runs it. */
export interface Callable {
  validateInput: ValidateInput
  findFiles: FindPlaces
  findSecrets: FindPlaces
  /** Whether the output arrives item by item. */
  streams: boolean
  /** Whether those items are files. */
  streamsFiles: boolean
  runnable: RunnableVersion
}

/** A version that can be run: an id, what it points to, and what its schema says. */
export interface Version extends Callable {
  id: string
  createdAt: number
  openapiSchema: OpenapiSchema
  /** Makes versions of other models; undefined where it cannot be trained. */
  training: Callable | undefined
}

export interface Model {
  owner: string
  name: string
  createdAt: number
  runCount: number
  /** What the author tells about it. */
  about: ModelYaml
  /** What a run without a version uses. */
  current: Version | undefined
  /** By id, the present one included. */
  versions: Map<string, Version>
}
