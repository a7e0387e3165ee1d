import { isRecord } from './is-record.ts'

/** Keys and indexes that lead from a JSON value to one inside it. */
export type JsonPath = readonly (string | number)[]

type Replacements = Iterable<readonly [path: JsonPath, value: unknown]>

/** The value with others at some places, one after the other; a place that is not there is passed over. */
export function withValues(root: Readonly<Record<string, unknown>>, replacements: Replacements): Record<string, unknown>
export function withValues(root: readonly unknown[], replacements: Replacements): readonly unknown[]
export function withValues(root: unknown, replacements: Replacements): unknown
export function withValues(root: unknown, replacements: Replacements): unknown {
  let result = root
  for (const [path, value] of replacements) result = withValue(result, path, value)
  return result
}

/** Copies only what lies on the way. */
function withValue(root: unknown, path: JsonPath, value: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (Array.isArray(root))
    return Number(key) < root.length ? root.with(Number(key), withValue(root[Number(key)], rest, value)) : root
  if (!isRecord(root) || !Object.hasOwn(root, key)) return root
  return { ...root, [key]: withValue(root[key], rest, value) }
}
