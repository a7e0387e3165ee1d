/** When a delivery is tried, in seconds after its first try; how far down the table it gets is a setting. */
const TRIES_AT_S = [0, 1, 3, 7, 15, 31, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600, 86_400]
/** Receivers that came back are not met by all deliveries at once: waits are up to so much longer. */
const JITTER = 0.1
const LONGEST_RETRY_AFTER_MS = 24 * 3_600_000

/** How a try went. */
export interface TryOutcome {
  /** Of the answer; null when there was none. */
  status: number | null
  /** What the receiver asked for, in milliseconds. */
  retryAfterMs: number | undefined
}

/** Whether the same delivery may go well another time; what a receiver refuses by another 4xx it will refuse again. */
export function isWorthRetrying({ status }: TryOutcome): boolean {
  return status === null || status === 408 || status === 429 || status >= 500
}

/**
 * Milliseconds from now to the next try, or undefined when it was the last.
 * @param tries made so far
 * @param sinceFirstMs since the first of them
 * @param windowMs no try is made later than this after the first, unless the receiver itself asks for it, or by the jitter
 * @param random from 0 to 1
 */
export function nextTryAfter(
  tries: number,
  sinceFirstMs: number,
  { retryAfterMs = 0 }: Pick<TryOutcome, 'retryAfterMs'>,
  windowMs: number,
  random: number,
): number | undefined {
  const [before = 0, seconds] = TRIES_AT_S.slice(tries - 1, tries + 1)
  if (seconds === undefined || seconds * 1000 > windowMs) return
  const planned = seconds * 1000 - sinceFirstMs
  // What comes late is no burst: half the step of the table lies between two tries at least.
  const wait = Math.max(planned, ((seconds - before) * 1000) / 2)
  if (planned <= 0 && sinceFirstMs + wait > windowMs) return
  return Math.max(wait * (1 + JITTER * random), Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS))
}

/** Reads a Retry-After header: seconds, or a date (RFC 9110, 10.2.3). */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return
  const milliseconds = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined
}
