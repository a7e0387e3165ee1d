import { isRecord } from '../is-record.ts'

export type Schema = Readonly<Record<string, unknown>>

/** One input of a model, as the description of its version tells it. */
export interface InputField {
  name: string
  required: boolean
  /** Without references. */
  schema: Schema
}

/** References lead to references, at most so often. */
const DEEPEST = 8

/** The inputs of a version in the order of its author, from its `openapi_schema`. */
export function inputFields(openapi: unknown): InputField[] {
  const input = componentsOf(openapi).Input
  const properties = isRecord(input) && isRecord(input.properties) ? input.properties : {}
  const required: readonly unknown[] = isRecord(input) && Array.isArray(input.required) ? input.required : []
  return Object.entries(properties)
    .map(([name, property]) => ({ name, required: required.includes(name), schema: resolved(openapi, property) }))
    .sort((a, b) => orderOf(a.schema) - orderOf(b.schema))
}

/** What a version gives out, from its `openapi_schema`. */
export function outputSchema(openapi: unknown): Schema {
  return resolved(openapi, componentsOf(openapi).Output)
}

/** Whether output arrives piece by piece as one text. */
export function isTextStream(output: Schema): boolean {
  return output['x-cog-array-display'] === 'concatenate'
}

/** Whether a value stands for a file: the URL of one. */
export function isFile({ type, format }: Schema): boolean {
  return type === 'string' && format === 'uri'
}

/** The schemas that one of which, or all of which, a value has to satisfy. */
export function branchesOf(schema: Schema): Schema[] {
  return [schema.anyOf, schema.oneOf].flat().filter(isRecord)
}

function componentsOf(openapi: unknown): Schema {
  const components = isRecord(openapi) ? openapi.components : undefined
  return isRecord(components) && isRecord(components.schemas) ? components.schemas : {}
}

/** A schema with what it refers to put in its place; what it says itself wins, and only it has words of its own. */
function resolved(openapi: unknown, schema: unknown, depth = 0): Schema {
  if (!isRecord(schema) || depth > DEEPEST) return {}
  const { $ref, allOf, ...own } = schema
  const inner = (value: unknown) => resolved(openapi, value, depth + 1)
  const named = typeof $ref === 'string' ? inner(componentsOf(openapi)[$ref.split('/').at(-1) ?? '']) : {}
  const parts = Array.isArray(allOf) ? allOf.map(inner) : []
  const { title: _title, description: _description, ...referred } = Object.assign({}, named, ...parts)
  const { items, anyOf, oneOf } = own
  return {
    ...referred,
    ...own,
    ...(items === undefined ? {} : { items: inner(items) }),
    ...(Array.isArray(anyOf) ? { anyOf: anyOf.map(inner) } : {}),
    ...(Array.isArray(oneOf) ? { oneOf: oneOf.map(inner) } : {}),
  }
}

function orderOf(schema: Schema): number {
  const order = schema['x-order']
  return typeof order === 'number' ? order : Number.MAX_SAFE_INTEGER
}
