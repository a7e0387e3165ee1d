/** What a form has to ask, from the schema of a version (the shape that cog gives it). */

type Schema = Readonly<Record<string, unknown>>

interface Common {
  name: string
  description: string | undefined
  required: boolean
  default: unknown
}

/** How a value is asked for. */
export type Control =
  | { kind: 'text'; long: boolean }
  | { kind: 'secret' }
  | { kind: 'number'; integer: boolean; minimum: number | undefined; maximum: number | undefined }
  | { kind: 'boolean' }
  | { kind: 'choice'; values: readonly (string | number)[] }
  | { kind: 'file'; accept: string | undefined }
  | { kind: 'list'; item: Control }
  | { kind: 'json' }

export type Field = Common & { control: Control }

/** The inputs of a version, in the order in which its author wrote them. */
export function fieldsOf(openapiSchema: Schema): Field[] {
  const schemas = recordAt(recordAt(openapiSchema, 'components'), 'schemas')
  const input = recordAt(schemas, 'Input')
  const required = Array.isArray(input.required) ? input.required : []
  return Object.entries(recordAt(input, 'properties'))
    .map(([name, property]) => ({ name, property: resolve(asRecord(property), schemas) }))
    .sort((a, b) => orderOf(a.property) - orderOf(b.property))
    .map(({ name, property }) => ({
      name,
      description: typeof property.description === 'string' ? property.description : undefined,
      required: required.includes(name),
      default: property.default,
      control: controlOf(property, schemas),
    }))
}

function controlOf(property: Schema, schemas: Schema): Control {
  if (Array.isArray(property.enum)) return { kind: 'choice', values: property.enum.filter(isChoice) }
  switch (property.type) {
    case 'boolean':
      return { kind: 'boolean' }
    case 'integer':
    case 'number':
      return {
        kind: 'number',
        integer: property.type === 'integer',
        minimum: numberAt(property, 'minimum'),
        maximum: numberAt(property, 'maximum'),
      }
    case 'string':
      return textControl(property)
    case 'array': {
      const item = controlOf(resolve(recordAt(property, 'items'), schemas), schemas)
      // Lists of lists, as tensors are, are easier to write as they are.
      return item.kind === 'list' || item.kind === 'json' ? { kind: 'json' } : { kind: 'list', item }
    }
    default:
      return { kind: 'json' }
  }
}

function textControl(property: Schema): Control {
  if (property['x-cog-secret'] === true || property.format === 'password') return { kind: 'secret' }
  if (property.format === 'uri') {
    const accept = property['x-cog-accept']
    return { kind: 'file', accept: typeof accept === 'string' ? accept : undefined }
  }
  const { default: given } = property
  return { kind: 'text', long: typeof given === 'string' && given.includes('\n') }
}

/** A choice stands in a component of its own, and a sentence of its own stands beside the reference. */
function resolve(property: Schema, schemas: Schema): Schema {
  const { allOf, $ref, ...own } = property
  const references = [$ref, ...(Array.isArray(allOf) ? allOf.map((part) => asRecord(part).$ref) : [])]
  const parts = references
    .filter((reference) => typeof reference === 'string')
    .map((reference) => {
      const { description: _said, title: _title, ...part } = recordAt(schemas, reference.split('/').at(-1) ?? '')
      return part
    })
  return Object.assign({}, ...parts, own)
}

function orderOf(property: Schema): number {
  return numberAt(property, 'x-order') ?? Number.MAX_SAFE_INTEGER
}

function isChoice(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

function numberAt(schema: Schema, key: string): number | undefined {
  const value = schema[key]
  return typeof value === 'number' ? value : undefined
}

function recordAt(schema: Schema, key: string): Schema {
  return asRecord(schema[key])
}

function asRecord(value: unknown): Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
