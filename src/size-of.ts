const SCALAR_SIZE = 8

/** About how many characters a JSON value takes, found without writing it. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return SCALAR_SIZE
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + sizeOf(item), SCALAR_SIZE)
  return Object.entries(value).reduce((sum, [key, item]) => sum + key.length + sizeOf(item), SCALAR_SIZE)
}
