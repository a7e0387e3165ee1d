import { type Example, fitHead } from './fit-head.ts'
import { logitsOf } from './head.ts'
import type { PictureFeatures } from './read-examples.ts'

/** The pictures are held out in so many turns, a part of each class at a time. */
const TURNS = 5
/** Beyond so many pictures one turn tells enough. */
const MANY_PICTURES = 1000

/** Each picture as the examples that it gives. */
export function examplesOf(pictures: readonly PictureFeatures[]): Example[] {
  return pictures.flatMap(({ label, views }) => views.map((features) => ({ features, label })))
}

/** Which share of the pictures the weights tell right. */
export function accuracyOf(weights: Float32Array, pictures: readonly PictureFeatures[], classes: number): number {
  const right = pictures.filter(({ label, views: [view] }) => {
    const logits = view && logitsOf(view, weights, classes)
    return logits?.every((logit, other) => other === label || logit < (logits[label] ?? 0))
  })
  return right.length / pictures.length
}

/**
 * Which share of pictures is told right by weights that were fitted without them: the best guess at how new pictures
 * will do. The only picture of a class is never held out.
 * @returns nothing when each class has one picture only
 */
export async function heldOutAccuracy(
  pictures: readonly PictureFeatures[],
  classes: number,
  colours: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const turnOf = turnsOf(pictures, classes)
  let right = 0
  let tried = 0
  for (let turn = 0; turn < (pictures.length > MANY_PICTURES ? 1 : TURNS); turn += 1) {
    const heldOut = pictures.filter((_, index) => turnOf[index] === turn)
    if (heldOut.length === 0) continue
    const rest = pictures.filter((_, index) => turnOf[index] !== turn)
    const weights = await fitHead(examplesOf(rest), classes, colours, signal)
    right += accuracyOf(weights, heldOut, classes) * heldOut.length
    tried += heldOut.length
  }
  return tried > 0 ? right / tried : undefined
}

function turnsOf(pictures: readonly PictureFeatures[], classes: number): (number | undefined)[] {
  const sizes = new Uint32Array(classes)
  for (const { label } of pictures) sizes[label] = (sizes[label] ?? 0) + 1
  const seen = new Uint32Array(classes)
  return pictures.map(({ label }) => {
    const place = seen[label] ?? 0
    seen[label] = place + 1
    return sizes[label] === 1 ? undefined : place % TURNS
  })
}
