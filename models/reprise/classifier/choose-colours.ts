import { heldOutAccuracy } from './accuracy.ts'
import type { PictureFeatures } from './read-examples.ts'

/** How much colours may decide, as tried; the first where none is better than another. */
const TRIED = [0.35, 0.7, 0] as const

export interface ColoursChoice {
  colours: number
  /** With it; nothing when no picture could be held out. */
  heldOut: number | undefined
}

/** Finds out whether it is by their colours that the classes differ: by what tells most held-out pictures right. */
export async function chooseColours(
  pictures: readonly PictureFeatures[],
  classes: number,
  signal: AbortSignal,
): Promise<ColoursChoice> {
  let best: ColoursChoice = { colours: TRIED[0], heldOut: undefined }
  for (const colours of TRIED) {
    const heldOut = await heldOutAccuracy(pictures, classes, colours, signal)
    if (heldOut === undefined) return best
    if (best.heldOut === undefined || heldOut > best.heldOut) best = { colours, heldOut }
  }
  return best
}
