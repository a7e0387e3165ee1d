import { Type } from '@sinclair/typebox'

/** One of some strings, so written that a wrong one breaks one rule and not one for each. */
export function oneOf<const Value extends string>(values: readonly Value[], description?: string) {
  return Type.Unsafe<Value>({ type: 'string', enum: [...values], ...(description ? { description } : {}) })
}
