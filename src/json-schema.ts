import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'

/** What a value breaks of a schema; an empty list when it is fine. */
export type Validator = (value: unknown) => readonly ErrorObject[]

/**
 * Makes a validator that reports every error with the value that caused it. It is compiled at the first call: most
 * schemas of a start are never asked for, and compiling takes milliseconds.
 */
export function schemaValidator(schema: object): Validator {
  let validate: ValidateFunction | undefined
  return (value) => {
    validate ??= new Ajv({
      allErrors: true,
      verbose: true,
      strict: false,
      // JSON.parse makes Infinity of 1e400, which could not be written again.
      strictNumbers: true,
      // The schemas are ours or come from TypeBox; checking them costs more than compiling them.
      validateSchema: false,
      logger: false,
      formats: { uri: isUri },
    }).compile(schema)
    return validate(value) ? [] : (validate.errors ?? [])
  }
}

/** As lenient as the validator that Replicate uses: a scheme, and something after it. */
function isUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\S/i.test(text)
}
