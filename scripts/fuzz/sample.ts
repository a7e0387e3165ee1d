import type { Random } from '../soak/random.ts'
import { recordOf, resolve } from './operations.ts'
import { STRANGE_TEXTS } from './strange-texts.ts'

/** Gives what is known to make sense under a name, if anything is. */
export type Known = (name: string, schema: Record<string, unknown>) => unknown

const DEEPEST = 6

/** A value as a schema asks for, or nearly: patterns are not looked at. */
export function sample(document: unknown, given: unknown, random: Random, known: Known, name = '', depth = 0): unknown {
  const schema = resolve(document, given)
  const sensible = known(name, schema)
  if (sensible !== undefined && random.chance(0.9)) return sensible
  if (depth > DEEPEST) return null
  if ('const' in schema) return schema.const
  if ('default' in schema && random.chance(0.2)) return schema.default
  const inner = (part: unknown, key = name) => sample(document, part, random, known, key, depth + 1)
  for (const key of ['enum', 'examples']) {
    const list = schema[key]
    if (Array.isArray(list) && list.length > 0) return random.from<unknown>(list)
  }
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const list = schema[key]
    if (Array.isArray(list) && list.length > 0) return inner(random.from<unknown>(list))
  }
  switch (schema.type) {
    case 'object':
      return sampleObject(schema, random, inner)
    case 'array': {
      const least = numberOf(schema.minItems, 0)
      const length = least + random.below(Math.max(1, numberOf(schema.maxItems, least + 3) - least + 1))
      return Array.from({ length: Math.min(length, 20) }, () => inner(schema.items))
    }
    case 'integer':
      return Math.round(sampleNumber(schema, random))
    case 'number':
      return sampleNumber(schema, random)
    case 'boolean':
      return random.chance(0.5)
    case 'null':
      return null
    default:
      return sampleText(schema, random)
  }
}

function sampleObject(
  schema: Record<string, unknown>,
  random: Random,
  inner: (part: unknown, key: string) => unknown,
): Record<string, unknown> {
  const required = Array.isArray(schema.required) ? schema.required : []
  return Object.fromEntries(
    Object.entries(recordOf(schema.properties))
      .filter(([key]) => required.includes(key) || random.chance(0.5))
      .map(([key, part]) => [key, inner(part, key)]),
  )
}

function sampleNumber(schema: Record<string, unknown>, random: Random): number {
  const least = numberOf(schema.minimum ?? schema.exclusiveMinimum, 0)
  const most = numberOf(schema.maximum ?? schema.exclusiveMaximum, least + 4)
  const step = numberOf(schema.multipleOf, 0)
  const value = least + random.next() * (most - least)
  return step > 0 ? Math.ceil(value / step) * step : value
}

function sampleText(schema: Record<string, unknown>, random: Random): string {
  if (schema.format === 'uri') return random.from(['data:text/plain,hello', 'https://example.com/a.png', 'data:,'])
  if (schema.format === 'date-time') return '2024-01-01T00:00:00Z'
  if (random.chance(0.2)) return random.from(STRANGE_TEXTS)
  const least = numberOf(schema.minLength, 1)
  return 'abcdefghij'.repeat(1 + Math.floor(least / 10)).slice(0, Math.max(least, 1 + random.below(8)))
}

function numberOf(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback
}
