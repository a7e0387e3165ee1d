const LONGEST_SECONDS = 60
const SHORTEST_SECONDS = 1
/** Python clients stop listening half a second after the time they asked for, one of them at 60 s sharp. */
const EARLY_MS = 250

export interface WaitPreference {
  /** What `Preference-Applied` says. */
  applied: string
  waitMs: number
}

/**
 * Finds `wait` or `wait=n` in a `Prefer` header. Odd values are clamped to 1 to 60 seconds or ignored, never refused,
 * because real clients send `wait=90` and `wait=7.5` (replicate-api.md 4.2).
 */
export function parsePrefer(header: string | undefined): WaitPreference | undefined {
  for (const preference of header?.split(',') ?? []) {
    const match = /^\s*wait\s*(?:=\s*"?(\d+(?:\.\d+)?)"?\s*)?(?:;.*)?$/i.exec(preference)
    if (!match) continue
    const asked = match[1] === undefined ? LONGEST_SECONDS : Number(match[1])
    const seconds = Math.min(LONGEST_SECONDS, Math.max(SHORTEST_SECONDS, asked))
    return { applied: match[1] === undefined ? 'wait' : `wait=${seconds}`, waitMs: seconds * 1000 - EARLY_MS }
  }
  return
}
