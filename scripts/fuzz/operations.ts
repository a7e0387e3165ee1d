import { isRecord } from '../../src/is-record.ts'

/** A query or path parameter, as the document describes it. */
export interface Parameter {
  name: string
  place: 'path' | 'query' | 'header'
  schema: Record<string, unknown>
}

/** One operation of the API's document. */
export interface Operation {
  method: string
  /** With its parameters in braces. */
  path: string
  parameters: readonly Parameter[]
  /** What a body is to be, by its type. */
  bodies: readonly { type: string; schema: Record<string, unknown> }[]
}

const NOT_METHODS = new Set(['parameters', 'summary', 'description', 'servers'])

/** All that a document describes, so that what is added to it is tried without anybody thinking of it. */
export function operationsOf(document: unknown): Operation[] {
  return entriesOf(document, 'paths').flatMap(([path, item]) =>
    entriesOf(item)
      .filter(([method]) => !NOT_METHODS.has(method))
      .map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        parameters: listOf(operation, 'parameters').flatMap(parameterOf),
        bodies: entriesOf(recordOf(operation).requestBody, 'content').map(([type, media]) => ({
          type,
          schema: resolve(document, recordOf(media).schema),
        })),
      })),
  )
}

/** The schema itself where it only points to one. */
export function resolve(document: unknown, schema: unknown): Record<string, unknown> {
  const { $ref: pointer, ...own } = recordOf(schema)
  if (typeof pointer !== 'string') return own
  const found = pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((value, key) => recordOf(value)[key], document)
  return { ...resolve(document, found), ...own }
}

function parameterOf(parameter: unknown): Parameter[] {
  const { name, in: place, schema } = recordOf(parameter)
  if (typeof name !== 'string' || (place !== 'path' && place !== 'query' && place !== 'header')) return []
  return [{ name, place, schema: recordOf(schema) }]
}

function entriesOf(value: unknown, key?: string): [string, unknown][] {
  return Object.entries(recordOf(key === undefined ? value : recordOf(value)[key]))
}

function listOf(value: unknown, key: string): unknown[] {
  const list = recordOf(value)[key]
  return Array.isArray(list) ? list : []
}

export function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {}
}
