import { typesOf } from './coerce-input.ts'
import { branchesOf, type InputField, isFile, isTextStream, type Schema } from './input-fields.ts'

/** An input in a row: its name, type, default, bounds and description. */
export function describeInput({ name, required, schema }: InputField): string[] {
  const fallback = schema.default === undefined ? '' : `default ${JSON.stringify(schema.default)}`
  const description = typeof schema.description === 'string' ? schema.description : ''
  return [name, describeType(schema), required ? 'required' : fallback, describeBounds(schema), description]
}

export function describeOutput(schema: Schema): string {
  if (isTextStream(schema)) return 'text, streamed'
  const streamed = schema['x-cog-array-type'] === 'iterator'
  return streamed ? `${describeType(itemsOf(schema))}, streamed one by one` : describeType(schema)
}

function describeType(schema: Schema): string {
  if (schema['x-cog-secret'] === true) return 'secret'
  if (isFile(schema)) return 'file'
  const branches = branchesOf(schema)
  if (branches.length > 0) return [...new Set(branches.map(describeType))].join(' or ')
  const types = typesOf(schema)
  if (types.length === 1 && types[0] === 'array') return `array of ${describeType(itemsOf(schema))}`
  return types.join(' or ') || 'anything'
}

function itemsOf({ items }: Schema): Schema {
  return typeof items === 'object' && items !== null ? { ...items } : {}
}

/** What a value has to keep to, `1 to 4`, or the values to choose from. */
function describeBounds(schema: Schema): string {
  const { enum: choices, multipleOf, pattern, 'x-cog-accept': accept } = schema
  return [
    Array.isArray(choices)
      ? choices.map((choice) => (typeof choice === 'string' ? choice : JSON.stringify(choice))).join(', ')
      : '',
    range(schema.minimum, schema.maximum, ''),
    schema.exclusiveMinimum === undefined ? '' : `above ${schema.exclusiveMinimum}`,
    schema.exclusiveMaximum === undefined ? '' : `below ${schema.exclusiveMaximum}`,
    multipleOf === undefined ? '' : `multiple of ${multipleOf}`,
    range(schema.minLength, schema.maxLength, ' characters'),
    pattern === undefined ? '' : `matches ${pattern}`,
    range(schema.minItems, schema.maxItems, ' items'),
    schema.uniqueItems === true ? 'no two alike' : '',
    typeof accept === 'string' ? accept : '',
  ]
    .filter((text) => text !== '')
    .join(', ')
}

function range(least: unknown, most: unknown, unit: string): string {
  if (least !== undefined && most !== undefined) return `${least} to ${most}${unit}`
  if (least !== undefined) return `at least ${least}${unit}`
  return most === undefined ? '' : `at most ${most}${unit}`
}
