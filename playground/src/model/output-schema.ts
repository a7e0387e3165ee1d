/** Whether the output is one text that comes in pieces. */
export function isText(openapiSchema: Readonly<Record<string, unknown>>): boolean {
  const { components } = openapiSchema
  const output = at(at(components, 'schemas'), 'Output')
  return at(output, 'x-cog-array-display') === 'concatenate'
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
