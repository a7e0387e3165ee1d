import { type Finding, orWell, problem, warning } from './finding.ts'

/** Earlier than that no clock that is set can be. */
const EARLIEST = Date.UTC(2025, 0, 1)
const AHEAD_MS = 5 * 60_000

export interface ClockFacts {
  now: number
  /** Two times of the monotonic clock, one after the other. */
  monotonic: readonly [number, number]
  lastCreatedAt: number | undefined
}

export function checkClock({ now, monotonic: [first, second], lastCreatedAt }: ClockFacts): readonly Finding[] {
  const faults: Finding[] = []
  const set = 'set the clock; a time service such as chrony keeps it right'
  if (now < EARLIEST) faults.push(problem(`it says ${iso(now)}, so it has never been set`, set))
  if (second < first) faults.push(problem('its monotonic time goes back', 'restart the machine'))
  if (lastCreatedAt !== undefined && lastCreatedAt > now + AHEAD_MS)
    faults.push(
      warning(
        `it says ${iso(now)}, but the last prediction was made at ${iso(lastCreatedAt)}`,
        `${set}; until it is past that time, new predictions are dated as late`,
      ),
    )
  return orWell(faults, iso(now))
}

function iso(time: number): string {
  return new Date(time).toISOString()
}
