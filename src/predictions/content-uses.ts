import { inSteps, type StepRules } from '../steps.ts'
import type { PredictionStore } from './store.ts'

/** Rows looked at in one go. */
const LOOK_STEPS: StepRules = { first: 200, least: 100, most: 2_000, targetMs: 3, pauseShare: 4 }

/**
 * When content was last used, if that was after a time; looks at the newest rows first, in small steps.
 * @param goesOn asked before each step
 * @returns undefined when it was broken off: what it has not looked at may have been used, too
 */
export async function lastUses(
  store: PredictionStore,
  after: number,
  goesOn: () => boolean,
): Promise<Map<string, number> | undefined> {
  const uses = new Map<string, number>()
  let to = store.lastRow()
  const look = async (rows: number) => {
    const found = store.usesIn({ from: to - rows, to })
    for (const { contentHash, at } of found) uses.set(contentHash, Math.max(at, uses.get(contentHash) ?? 0))
    to -= rows
    // Rows are stored in the order in which they were created, and the time never goes back.
    return to > 0 && (found.length === 0 || found.some(({ at }) => at > after))
  }
  return (await inSteps(LOOK_STEPS, look, goesOn)) ? uses : undefined
}
