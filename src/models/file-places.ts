import { isRecord } from '../is-record.ts'
import type { JsonPath } from '../json-path.ts'
import type { OpenapiSchema } from './openapi-schema.ts'

/** Where a text stands in an input that the schema declares as a file. */
export interface FilePlace {
  path: JsonPath
  text: string
}

/** Finds the files of an input: every text whose schema says `format: uri`, in arrays and nested objects, too. */
export type FindFiles = (input: Readonly<Record<string, unknown>>) => FilePlace[]

/** Versions without any file are told from others here, so that their inputs need not be searched. */
export function fileFinder({ components }: OpenapiSchema): FindFiles {
  const schema = components.schemas.Input
  return mentionsFile(schema) ? (input) => [...findFiles(schema, input, [])] : () => []
}

/** Whether the values that a schema describes are files. */
export function isFileSchema(schema: unknown): boolean {
  return isRecord(schema) && schema.format === 'uri'
}

function mentionsFile(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.some(mentionsFile)
  return isRecord(schema) && (isFileSchema(schema) || Object.values(schema).some(mentionsFile))
}

function* findFiles(schema: unknown, value: unknown, path: JsonPath): Generator<FilePlace> {
  if (!isRecord(schema)) return
  if (typeof value === 'string') {
    if (acceptsFile(schema)) yield { path, text: value }
    return
  }
  for (const option of optionsOf(schema)) yield* findFiles(option, value, path)
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* findFiles(schema.items, item, [...path, index])
  else if (isRecord(value))
    for (const [key, item] of Object.entries(value)) yield* findFiles(propertyOf(schema, key), item, [...path, key])
}

/** A text that may be a file or something else counts as a file. */
function acceptsFile(schema: Record<string, unknown>): boolean {
  return isFileSchema(schema) || optionsOf(schema).some((option) => isRecord(option) && acceptsFile(option))
}

function optionsOf({ anyOf, oneOf, allOf }: Record<string, unknown>): unknown[] {
  return [anyOf, oneOf, allOf].flatMap((options) => (Array.isArray(options) ? options : []))
}

function propertyOf({ properties, additionalProperties }: Record<string, unknown>, key: string): unknown {
  return isRecord(properties) && Object.hasOwn(properties, key) ? properties[key] : additionalProperties
}
