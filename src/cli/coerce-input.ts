import { AppError } from '../errors.ts'
import { branchesOf, type Schema } from './input-fields.ts'

/**
 * Makes the value that an input takes of what somebody typed for it: a text stays as it is where one is taken, and
 * everything else is read as JSON.
 * @throws AppError `invalid` for what is none of the types that the input takes
 */
export function coerceInput(name: string, text: string, schema: Schema): unknown {
  const types = typesOf(schema)
  if (types.length === 1 && types[0] === 'string') return text
  const value = parseValue(text)
  if (value !== undefined && (types.length === 0 || types.some((type) => isOf(value, type)))) return value
  if (types.length === 0 || types.includes('string')) return text
  throw new AppError('invalid', `The input ${name} takes ${types.join(' or ')}, not "${shortened(text)}"`)
}

/** The types that a value may have; none where the schema does not tell. */
export function typesOf(schema: Schema): string[] {
  const branches = branchesOf(schema)
  if (branches.length === 0) return ownTypes(schema)
  const types = branches.map(typesOf)
  // One branch that takes anything makes the others moot.
  return types.some((some) => some.length === 0) ? [] : [...new Set([...types.flat(), ...ownTypes(schema)])]
}

function ownTypes({ type, const: constant, nullable }: Schema): string[] {
  const types = type === undefined && constant !== undefined ? [typeof constant] : [type].flat()
  const named = types.filter((each) => typeof each === 'string')
  // A text that may be absent is still a text: "null" typed for it is the word.
  return nullable === true && named.length > 0 && !named.includes('string') ? [...named, 'null'] : named
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const number = Number(text)
    return text.trim() !== '' && Number.isFinite(number) ? number : undefined
  }
}

function isOf(value: unknown, type: string): boolean {
  switch (type) {
    case 'integer':
      // A larger one would reach the model as another number.
      return Number.isSafeInteger(value)
    case 'array':
      return Array.isArray(value)
    case 'null':
      return value === null
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    default:
      return typeof value === type
  }
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
