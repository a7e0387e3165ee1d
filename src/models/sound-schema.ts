import type { Signature } from '../runner/protocol.ts'
import { inputValidator } from './input-validation.ts'
import { openapiSchema } from './openapi-schema.ts'

/**
 * Compiles the schema of a package, so that its author hears of a fault in it and not the first who sends an input.
 * @throws with what is wrong with it
 */
export function assertSoundSchema(signature: Signature): void {
  const schema = openapiSchema(signature)
  inputValidator(schema)({})
  if (signature.training) inputValidator(schema, 'TrainingInput')({})
}
