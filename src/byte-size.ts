const UNITS: Record<string, number> = { '': 1, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 }

/**
 * Parses `1048576`, `32MiB` or `4 GiB` to bytes. Returns undefined for anything else, zero and what is beyond the safe
 * integers included.
 */
export function parseBytes(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d+)\s*([a-z]*)$/i.exec(text) ?? []
  const size = UNITS[unit.toLowerCase()]
  if (count === undefined || size === undefined) return
  const bytes = Number(count) * size
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined
}

/** Writes bytes the way people set them: `3 KiB`, `512 MiB`, `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  const [unit, size] = bytes >= 2 ** 30 ? ['GiB', 2 ** 30] : bytes >= 2 ** 20 ? ['MiB', 2 ** 20] : ['KiB', 2 ** 10]
  return `${Number((bytes / size).toFixed(1))} ${unit}`
}
