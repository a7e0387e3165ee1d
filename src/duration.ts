const UNIT_MS = { h: 3_600_000, m: 60_000, s: 1_000 } as const
const PATTERN = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/

/**
 * Parses `30`, `30s`, `5m` or `2h30m` to milliseconds; a bare number is seconds (replicate-api.md 4.2).
 * Returns undefined for anything else, including a sum beyond the safe integers.
 */
export function parseDuration(text: string): number | undefined {
  if (text === '') return
  if (/^\d+$/.test(text)) return safe(Number(text) * UNIT_MS.s)
  const match = PATTERN.exec(text)
  if (!match) return
  const [, hours = '0', minutes = '0', seconds = '0'] = match
  return safe(Number(hours) * UNIT_MS.h + Number(minutes) * UNIT_MS.m + Number(seconds) * UNIT_MS.s)
}

/** Writes milliseconds the way people set them: `30m`, `1h30m`, `1.5s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0 || milliseconds % UNIT_MS.s !== 0) return `${milliseconds / UNIT_MS.s}s`
  let rest = milliseconds
  let text = ''
  for (const [unit, size] of Object.entries(UNIT_MS)) {
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${unit}`
    rest -= count * size
  }
  return text
}

function safe(milliseconds: number): number | undefined {
  return Number.isSafeInteger(milliseconds) ? milliseconds : undefined
}
