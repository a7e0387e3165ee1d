import { Ajv, type ValidateFunction } from 'ajv'
import type { FieldError } from '../errors.ts'
import { fieldErrors } from '../field-errors.ts'
import type { OpenapiSchema } from './openapi-schema.ts'

/** Every rule of the version's schema that an input breaks; an empty list when it is fine. */
export type ValidateInput = (input: unknown) => FieldError[]

/** Compiles on the first call: most versions of a long-lived server are never asked for again. */
export function inputValidator({ components }: OpenapiSchema): ValidateInput {
  let validate: ValidateFunction | undefined
  return (input) => {
    validate ??= new Ajv({
      allErrors: true,
      verbose: true,
      strict: false,
      formats: { uri: isUri },
      logger: false,
    }).compile({
      $ref: '#/components/schemas/Input',
      components,
    })
    return validate(input) ? [] : fieldErrors(validate.errors ?? [], 'input')
  }
}

/** As lenient as the validator that Replicate uses: a scheme, and something after it. */
function isUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\S/i.test(text)
}
