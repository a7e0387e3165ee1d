import type { Field } from './fields.ts'

/** The input of a prediction, by name; what is not there is left to its default. */
export type Values = Readonly<Record<string, unknown>>

/** What a form begins with. */
export function startingValues(fields: readonly Field[], given: Values = {}): Values {
  const defaults = fields
    .filter(({ default: value }) => value !== undefined)
    .map((field) => [field.name, field.default])
  return { ...Object.fromEntries(defaults), ...given }
}

/** With one value changed; undefined takes it out. */
export function withValue(values: Values, name: string, value: unknown): Values {
  const { [name]: _before, ...others } = values
  // In its place, so that the JSON beside the form does not jump.
  if (value === undefined) return others
  return name in values ? { ...values, [name]: value } : { ...others, [name]: value }
}

/** Reads the JSON view; undefined when the text is no JSON object. */
export function parseValues(text: string): Values | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return
  }
}
