import type { ErrorObject } from 'ajv'
import type { FieldError } from './errors.ts'
import { jsonType } from './json-type.ts'

/**
 * Puts what Ajv found into the types, paths and words of Replicate's validator (replicate-api.md 2.3). The schemas must
 * have been compiled with `allErrors` and `verbose`.
 *
 * @param root path of the validated value in the request body, `''` for the body itself
 */
export function fieldErrors(errors: readonly ErrorObject[], root: string): FieldError[] {
  return withoutBranches(errors).flatMap((error) => {
    const field = [...(root ? [root] : []), ...segments(error.instancePath)].join('.')
    const described = describe(error)
    return described ? [{ type: described[0], field, description: described[1] }] : []
  })
}

/** The same as one line, for a file that people write. */
export function describeErrors(errors: readonly ErrorObject[]): string {
  return fieldErrors(errors, '')
    .map(({ field, description }) => `${field && `${field}: `}${description}`)
    .join('; ')
}

/** Where a value is of no type that any option takes, one error tells them all, and not one for each and one more. */
function withoutBranches(errors: readonly ErrorObject[]): ErrorObject[] {
  const told: ErrorObject[] = []
  for (const error of errors) {
    const options: unknown = error.schema
    const branches = error.keyword === 'anyOf' && Array.isArray(options) ? told.slice(-options.length) : []
    const wrongType = ({ keyword, instancePath }: ErrorObject) =>
      keyword === 'type' && instancePath === error.instancePath
    if (branches.length > 1 && branches.every(wrongType)) {
      const type = branches.flatMap(({ params }) => params.type)
      told.splice(-branches.length, branches.length, { ...error, keyword: 'type', params: { type } })
    } else told.push(error)
  }
  return told
}

function segments(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function describe({
  keyword,
  params,
  schema,
  data,
  instancePath,
  parentSchema,
}: ErrorObject): [type: string, description: string] | undefined {
  switch (keyword) {
    case 'required':
      return ['required', `${params.missingProperty} is required`]
    case 'type':
      return ['invalid_type', `Invalid type. Expected: ${[params.type].flat().join(', ')}, given: ${jsonType(data)}`]
    case 'enum':
      return ['enum', `${segments(instancePath).at(-1) ?? ''} must be one of the following: ${quoted(schema)}`]
    case 'const':
      return ['const', `${segments(instancePath).at(-1) ?? ''} does not match: ${JSON.stringify(schema)}`]
    case 'minimum':
      return ['number_gte', `Must be greater than or equal to ${params.limit}`]
    case 'maximum':
      return ['number_lte', `Must be less than or equal to ${params.limit}`]
    case 'exclusiveMinimum':
      return ['number_gt', `Must be greater than ${params.limit}`]
    case 'exclusiveMaximum':
      return ['number_lt', `Must be less than ${params.limit}`]
    case 'multipleOf':
      return ['multiple_of', `Must be a multiple of ${params.multipleOf}`]
    case 'minLength':
      return ['string_gte', `String length must be greater than or equal to ${params.limit}`]
    case 'maxLength':
      return ['string_lte', `String length must be less than or equal to ${params.limit}`]
    case 'pattern':
      return ['pattern', `Does not match pattern '${params.pattern}'`]
    case 'format':
      return ['format', `Does not match format '${params.format}'`]
    case 'minItems':
      return ['array_min_items', `Array must have at least ${params.limit} items`]
    case 'maxItems':
      return ['array_max_items', `Array must have at most ${params.limit} items`]
    case 'uniqueItems':
      // Which of the two comes first in `params` depends on the type of the items.
      return ['unique', `array items[${[params.i, params.j].sort((a, b) => a - b)}] must be unique`]
    case 'additionalProperties':
      return ['additional_property_not_allowed', `Additional property ${params.additionalProperty} is not allowed`]
    case 'anyOf':
      return ['number_any_of', 'Must validate at least one schema (anyOf)']
    case 'oneOf':
      return ['number_one_of', 'Must validate one and only one schema (oneOf)']
    case 'if':
    case '$ref':
      return
    default:
      return [keyword, `Does not satisfy ${keyword} ${JSON.stringify(parentSchema?.[keyword])}`]
  }
}

function quoted(values: unknown): string {
  return Array.isArray(values) ? values.map((value) => JSON.stringify(value)).join(', ') : ''
}
