import { setTimeout as sleep } from 'node:timers/promises'

/** How much one step of a long work does, and how long others have between two of them. */
export interface StepRules {
  first: number
  least: number
  most: number
  /** What a step should take; larger ones are made smaller, and the other way round. */
  targetMs: number
  /** The pause after a step, as a multiple of what it took. */
  pauseShare: number
}

const SHORTEST_PAUSE_MS = 2
/** A work goes on also where every step takes long. */
const LONGEST_PAUSE_MS = 100

/**
 * Does a work of any length in steps that others hardly notice.
 * @param step does so much at most, and tells whether there may be more to do
 * @param goesOn asked before each step
 * @returns whether it came to its end
 */
export async function inSteps(
  rules: StepRules,
  step: (size: number) => Promise<boolean>,
  goesOn: () => boolean | Promise<boolean>,
): Promise<boolean> {
  let size = rules.first
  while (await goesOn()) {
    const begin = performance.now()
    if (!(await step(size))) return true
    const tookMs = performance.now() - begin
    size = nextSize(size, tookMs, rules)
    await sleep(pauseAfter(tookMs, rules))
  }
  return false
}

/** Grows slowly and shrinks fast: one step too large is felt, one too small is not. */
export function nextSize(size: number, tookMs: number, { least, most, targetMs }: StepRules): number {
  if (tookMs > targetMs) return Math.max(least, Math.floor(size / 2))
  if (tookMs < targetMs / 2) return Math.min(most, Math.ceil(size * 1.5))
  return size
}

export function pauseAfter(tookMs: number, { pauseShare }: Pick<StepRules, 'pauseShare'>): number {
  return Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, tookMs * pauseShare))
}
