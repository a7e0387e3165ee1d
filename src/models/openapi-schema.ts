import { isRecord } from '../is-record.ts'
import type { Signature } from '../runner/protocol.ts'

type Schema = Record<string, unknown>

/** The component that says what a prediction, or a training, takes. */
export type InputName = 'Input' | 'TrainingInput'

export interface OpenapiSchema {
  openapi: string
  info: Schema
  paths: Schema
  components: { schemas: Record<string, Schema> }
}

/** The description of a version in the shape that cog gives it (replicate-api.md 9.3), which clients read. */
export function openapiSchema({
  input,
  output,
  training = null,
}: Pick<Signature, 'input' | 'output'> & Partial<Pick<Signature, 'training'>>): OpenapiSchema {
  const choices: Record<string, Schema> = {}
  const Input = inputSchema('Input', input, choices)
  const trained = training && { TrainingInput: inputSchema('TrainingInput', training.input, choices), ...TRAINING }
  return {
    openapi: '3.0.2',
    info: { title: 'Cog', version: '0.1.0' },
    paths: {},
    components: {
      schemas: {
        ...choices,
        Input,
        Output: { ...output, title: output.title ?? 'Output' },
        ...trained,
        ...ENVELOPE,
      },
    },
  }
}

/** @param choices takes the values of those properties that are enumerations; each becomes a component of its own */
function inputSchema(title: InputName, input: Schema, choices: Record<string, Schema>): Schema {
  const properties: Record<string, Schema> = {}
  for (const [index, [name, property]] of Object.entries(propertiesOf(input)).entries()) {
    const values = choicesOf(property)
    if (values) {
      const { enum: _enum, anyOf: _anyOf, type: _type, title: given, nullable, ...rest } = property
      const withNull = nullable ? { enum: [...values.enum, null], nullable } : {}
      // A prediction and a training may take the same name for something else.
      const component = Object.hasOwn(choices, name) ? `${title}_${name}` : name
      choices[component] = { title: given ?? name, ...values, ...withNull, description: 'An enumeration.' }
      properties[name] = { ...rest, allOf: [{ $ref: `#/components/schemas/${component}` }], 'x-order': index }
    } else {
      properties[name] = { ...property, title: property.title ?? titleCase(name), 'x-order': index }
    }
  }
  const required = requiredOf(input).filter((name) => !('default' in (properties[name] ?? {})))
  return { type: 'object', title, ...(required.length > 0 ? { required } : {}), properties }
}

function propertiesOf(input: Schema): Record<string, Schema> {
  const properties: Record<string, Schema> = {}
  for (const [name, property] of Object.entries(isRecord(input.properties) ? input.properties : {}))
    if (isRecord(property)) properties[name] = property
  return properties
}

function requiredOf({ required }: Schema): string[] {
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : []
}

/** The values of an enum, or of a union of literals, which is how TypeBox writes one. */
function choicesOf({ type, enum: values, anyOf }: Schema): { enum: unknown[]; type: unknown } | undefined {
  if (Array.isArray(values)) return { enum: values, type: type ?? typeof values[0] }
  if (!Array.isArray(anyOf)) return
  const literals = anyOf.filter((option): option is Schema => isRecord(option) && 'const' in option)
  if (literals.length !== anyOf.length || literals.length === 0) return
  return { enum: literals.map((literal) => literal.const), type: literals[0]?.type }
}

function titleCase(name: string): string {
  return name.replaceAll('_', ' ').replace(/\b[a-z]/g, (letter) => letter.toUpperCase())
}

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const dateTime = (title: string) => ({ type: 'string', title, format: 'date-time' })

const requestProperties = (input: InputName) => ({
  id: { type: 'string', title: 'Id' },
  input: reference(input),
  webhook: { type: 'string', title: 'Webhook', format: 'uri', minLength: 1, maxLength: 65536 },
  created_at: dateTime('Created At'),
  output_file_prefix: { type: 'string', title: 'Output File Prefix' },
  webhook_events_filter: {
    type: 'array',
    items: reference('WebhookEvent'),
    default: ['start', 'output', 'logs', 'completed'],
  },
})

const responseProperties = (input: InputName, output: string) => ({
  id: { type: 'string', title: 'Id' },
  logs: { type: 'string', title: 'Logs', default: '' },
  error: { type: 'string', title: 'Error' },
  input: reference(input),
  output: reference(output),
  status: reference('Status'),
  metrics: { type: 'object', title: 'Metrics' },
  version: { type: 'string', title: 'Version' },
  created_at: dateTime('Created At'),
  started_at: dateTime('Started At'),
  completed_at: dateTime('Completed At'),
})

/** What is added where a version can be trained. */
const TRAINING: Record<string, Schema> = {
  TrainingOutput: {
    type: 'object',
    title: 'TrainingOutput',
    required: ['version'],
    properties: { version: { type: 'string', title: 'Version', description: 'owner/name:<id>' } },
  },
  TrainingRequest: { type: 'object', title: 'TrainingRequest', properties: requestProperties('TrainingInput') },
  TrainingResponse: {
    type: 'object',
    title: 'TrainingResponse',
    properties: responseProperties('TrainingInput', 'TrainingOutput'),
  },
}

/** What cog adds to every model's schema. */
const ENVELOPE: Record<string, Schema> = {
  Status: {
    type: 'string',
    title: 'Status',
    enum: ['starting', 'processing', 'succeeded', 'canceled', 'failed'],
    description: 'An enumeration.',
  },
  WebhookEvent: {
    type: 'string',
    title: 'WebhookEvent',
    enum: ['start', 'output', 'logs', 'completed'],
    description: 'An enumeration.',
  },
  PredictionRequest: { type: 'object', title: 'PredictionRequest', properties: requestProperties('Input') },
  PredictionResponse: {
    type: 'object',
    title: 'PredictionResponse',
    properties: responseProperties('Input', 'Output'),
  },
  ValidationError: {
    type: 'object',
    title: 'ValidationError',
    required: ['loc', 'msg', 'type'],
    properties: {
      loc: { type: 'array', title: 'Location', items: { anyOf: [{ type: 'string' }, { type: 'integer' }] } },
      msg: { type: 'string', title: 'Message' },
      type: { type: 'string', title: 'Error Type' },
    },
  },
  HTTPValidationError: {
    type: 'object',
    title: 'HTTPValidationError',
    properties: { detail: { type: 'array', title: 'Detail', items: reference('ValidationError') } },
  },
}
