import type { FastifySchema, FastifySchemaCompiler, FastifySerializerCompiler } from 'fastify'
import { schemaValidator } from '../json-schema.ts'

/** Compiles a route's schema for requests, at the first one. */
export const compileValidator: FastifySchemaCompiler<FastifySchema> = ({ schema }) => {
  const validate = schemaValidator(Object(schema))
  return (value: unknown) => {
    const errors = validate(value)
    return errors.length === 0 ? { value } : { error: [...errors] }
  }
}

/** Response schemas describe; they do not filter what is sent. */
export const compileSerializer: FastifySerializerCompiler<FastifySchema> = () => (value) => JSON.stringify(value)
