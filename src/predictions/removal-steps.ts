import type { StepRules } from '../steps.ts'

/**
 * Rows that a sweep takes away at once. A step is one write among those of others and shares their commit; that alone
 * takes longer than the target on a slow disk, and then the least still keeps up with what such a disk takes in.
 */
export const REMOVAL_STEPS: StepRules = { first: 50, least: 40, most: 200, targetMs: 5, pauseShare: 3 }
