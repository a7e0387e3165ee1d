import { isRecord } from '../is-record.ts'

/** Settings as they are given, and what they leave open as the defaults say, in nested settings, too. */
export function withDefaults(defaults: Record<string, unknown>, given: unknown): Record<string, unknown> {
  if (!isRecord(given)) return defaults
  const merged = { ...defaults, ...given }
  for (const [key, value] of Object.entries(defaults))
    if (isRecord(value) && isRecord(given[key])) merged[key] = withDefaults(value, given[key])
  return merged
}
