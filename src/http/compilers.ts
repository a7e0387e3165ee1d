import type { FastifySchema, FastifySchemaCompiler, FastifySerializerCompiler } from 'fastify'
import { isRecord } from '../is-record.ts'
import { schemaValidator } from '../json-schema.ts'

const NUMBER = /^-?\d{1,15}(\.\d{1,15})?$/

/** Compiles a route's schema for requests, at the first one. */
export const compileValidator: FastifySchemaCompiler<FastifySchema> = ({ schema, httpPart }) => {
  const validate = schemaValidator(Object(schema))
  const numbers = httpPart === 'querystring' ? numbersIn(schema) : []
  return (sent: unknown) => {
    const value = numbers.length > 0 ? withNumbers(sent, numbers) : sent
    const errors = validate(value)
    return errors.length === 0 ? { value } : { error: [...errors] }
  }
}

/** Response schemas describe; they do not filter what is sent. */
export const compileSerializer: FastifySerializerCompiler<FastifySchema> = () => (value) => JSON.stringify(value)

/** The keys of an object that are to be numbers. */
function numbersIn(schema: unknown): string[] {
  const properties = isRecord(schema) && isRecord(schema.properties) ? schema.properties : {}
  return Object.entries(properties).flatMap(([key, property]) =>
    isRecord(property) && (property.type === 'integer' || property.type === 'number') ? [key] : [],
  )
}

/** A query string knows texts only; those that are numbers are read as such. */
function withNumbers(query: unknown, keys: readonly string[]): unknown {
  if (!isRecord(query)) return query
  const read = keys.flatMap((key) => {
    const text = query[key]
    return typeof text === 'string' && NUMBER.test(text) ? [[key, Number(text)]] : []
  })
  return { ...query, ...Object.fromEntries(read) }
}
