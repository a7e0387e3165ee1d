import { vi } from 'vitest'

/** Asks again until the check no longer throws, and gives its result: for what announces itself nowhere. */
export function eventually<Result>(check: () => Result | Promise<Result>, timeout = 15_000): Promise<Result> {
  return vi.waitFor(check, { timeout, interval: 20 })
}
