import { isRecord } from '../is-record.ts'
import type { Signature } from '../runner/protocol.ts'
import type { RunnableVersion } from '../scheduler/runnable-version.ts'
import { type FindPlaces, isFile, isSecret, placeFinder } from './input-places.ts'
import { inputValidator, type ValidateInput } from './input-validation.ts'
import { type OpenapiSchema, openapiSchema } from './openapi-schema.ts'
import { trainingOf } from './training.ts'

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

/** @throws when the schema cannot be compiled */
export function makeVersion(
  { id, createdAt }: Pick<Version, 'id' | 'createdAt'>,
  signature: Signature,
  runnable: RunnableVersion,
): Version {
  const { output } = signature
  const schema = openapiSchema(signature)
  const streams = output['x-cog-array-type'] === 'iterator'
  return {
    id,
    createdAt,
    openapiSchema: schema,
    validateInput: inputValidator(schema),
    findFiles: placeFinder(schema, isFile),
    findSecrets: placeFinder(schema, isSecret),
    streams,
    streamsFiles: streams && isRecord(output.items) && isFile(output.items),
    runnable,
    training: trainingOf(runnable, schema),
  }
}
