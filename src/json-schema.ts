import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'

/** What a value breaks of a schema; an empty list when it is fine. */
export type Validator = (value: unknown) => readonly ErrorObject[]

/** How many values something may hold for all its errors to be reported. */
const LARGE = 1_000

/**
 * Makes a validator that reports every error with the value that caused it. It is compiled at the first call: most
 * schemas of a start are never asked for, and compiling takes milliseconds.
 */
export function schemaValidator(schema: object): Validator {
  let quick: ValidateFunction | undefined
  let thorough: ValidateFunction | undefined
  return (value) => {
    quick ??= compile(schema, { allErrors: false })
    if (quick(value)) return []
    // Every item of a huge array can be wrong in its own way: of such a value only the first error is told.
    if (isLarge(value)) return quick.errors ?? []
    thorough ??= compile(schema, { allErrors: true })
    return thorough(value) ? [] : (thorough.errors ?? [])
  }
}

function compile(schema: object, options: { allErrors: boolean }): ValidateFunction {
  return new Ajv({
    ...options,
    verbose: true,
    strict: false,
    // JSON.parse makes Infinity of 1e400, which could not be written again.
    strictNumbers: true,
    // The schemas are ours or come from TypeBox; checking them costs more than compiling them.
    validateSchema: false,
    logger: false,
    formats: { uri: isUri },
  }).compile(schema)
}

/** Whether a value holds more values than all errors about it could be told of. */
function isLarge(value: unknown): boolean {
  let left = LARGE
  const count = (item: unknown): void => {
    left--
    if (typeof item !== 'object' || item === null) return
    for (const key in item) {
      if (left < 0) return
      count(Reflect.get(item, key))
    }
  }
  count(value)
  return left < 0
}

/** As lenient as the validator that Replicate uses: a scheme, and something after it. */
function isUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\S/i.test(text)
}
