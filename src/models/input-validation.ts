import type { FieldError } from '../errors.ts'
import { fieldErrors } from '../field-errors.ts'
import { schemaValidator } from '../json-schema.ts'
import type { InputName, OpenapiSchema } from './openapi-schema.ts'

/** Every rule of the version's schema that an input breaks; an empty list when it is fine. */
export type ValidateInput = (input: unknown) => FieldError[]

export function inputValidator({ components }: OpenapiSchema, name: InputName = 'Input'): ValidateInput {
  const validate = schemaValidator({ $ref: `#/components/schemas/${name}`, components })
  return (input) => fieldErrors(validate(input), 'input')
}
