import { isRecord } from '../is-record.ts'
import type { JsonPath } from '../json-path.ts'
import type { InputName, OpenapiSchema } from './openapi-schema.ts'

/** Where a text of some kind stands in an input. */
export interface Place {
  path: JsonPath
  text: string
}

/** Finds the texts of an input that the schema declares to be of some kind, in arrays and nested objects, too. */
export type FindPlaces = (input: Readonly<Record<string, unknown>>) => Place[]

type IsKind = (schema: Record<string, unknown>) => boolean

/** Whether a schema declares a file. */
export const isFile: IsKind = ({ format }) => format === 'uri'

/** Whether a schema declares something that nobody but the model may see. */
export const isSecret: IsKind = (schema) => schema['x-cog-secret'] === true

/** Most versions have none of the kind, so that their inputs need not be searched. */
export function placeFinder({ components }: OpenapiSchema, isKind: IsKind, name: InputName = 'Input'): FindPlaces {
  const schema = components.schemas[name]
  return mentions(schema, isKind) ? (input) => distinct(find(schema, input, [], isKind)) : () => []
}

function mentions(schema: unknown, isKind: IsKind): boolean {
  if (Array.isArray(schema)) return schema.some((part) => mentions(part, isKind))
  return isRecord(schema) && (isKind(schema) || Object.values(schema).some((part) => mentions(part, isKind)))
}

function* find(schema: unknown, value: unknown, path: JsonPath, isKind: IsKind): Generator<Place> {
  if (!isRecord(schema)) return
  if (typeof value === 'string') {
    if (mayBe(schema, isKind)) yield { path, text: value }
    return
  }
  for (const option of optionsOf(schema)) yield* find(option, value, path, isKind)
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* find(itemOf(schema, index), item, [...path, index], isKind)
  else if (isRecord(value))
    for (const [key, item] of Object.entries(value)) yield* find(propertyOf(schema, key), item, [...path, key], isKind)
}

/** A text that may be of the kind or something else counts as of the kind. */
function mayBe(schema: Record<string, unknown>, isKind: IsKind): boolean {
  return isKind(schema) || optionsOf(schema).some((option) => isRecord(option) && mayBe(option, isKind))
}

function optionsOf({ anyOf, oneOf, allOf }: Record<string, unknown>): unknown[] {
  return [anyOf, oneOf, allOf].flatMap((options) => (Array.isArray(options) ? options : []))
}

/** TypeBox writes a tuple as a list of `items`. */
function itemOf({ items, additionalItems }: Record<string, unknown>, index: number): unknown {
  if (!Array.isArray(items)) return items
  return index < items.length ? items[index] : additionalItems
}

function propertyOf(schema: Record<string, unknown>, key: string): unknown {
  const { properties, patternProperties, additionalProperties } = schema
  if (isRecord(properties) && Object.hasOwn(properties, key)) return properties[key]
  const matching = Object.entries(isRecord(patternProperties) ? patternProperties : {})
    .filter(([pattern]) => new RegExp(pattern, 'u').test(key))
    .map(([, property]) => property)
  return matching.length > 0 ? { allOf: matching } : additionalProperties
}

/** Two options of a schema may lead to the same place. */
function distinct(places: Iterable<Place>): Place[] {
  return [...new Map(Array.from(places, (place) => [JSON.stringify(place.path), place])).values()]
}
