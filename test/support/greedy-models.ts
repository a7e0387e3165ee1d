import { fileURLToPath } from 'node:url'

/** Packages that take too much, or meddle; apart, because every server that is given them has to look at each first. */
export const GREEDY_MODELS = fileURLToPath(new URL('../fixtures/greedy-models', import.meta.url))
