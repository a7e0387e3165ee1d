import type { InferenceSession } from 'onnxruntime-common'
import { Tensor } from 'reprise/model'
import { COLOURS, coloursOf } from './colours.ts'
import { PICTURE_SIDE } from './read-picture.ts'

/** How many numbers the network gives. */
const LOOKS = 128

/** How many numbers tell what a view looks like: those of the network, which sees little of colours, and the colours. */
export const FEATURES = LOOKS + COLOURS

/** The length of the colours beside that of the network's numbers; the more, the less outlines count. */
const COLOURS_LENGTH = 0.5
const LOOKS_LENGTH = Math.sqrt(1 - COLOURS_LENGTH ** 2)

/** Of each view its features, a vector of length 1 that lies close to those of similar pictures. */
export async function featuresOf(views: readonly Float32Array[], network: InferenceSession): Promise<Float32Array[]> {
  const shown = new Float32Array(views.length * 3 * PICTURE_SIDE ** 2)
  for (const [index, view] of views.entries()) shown.set(view, index * view.length)
  const { features } = await network.run({
    pictures: new Tensor('float32', shown, [views.length, 3, PICTURE_SIDE, PICTURE_SIDE]),
  })
  const { data } = features ?? {}
  if (!(data instanceof Float32Array) || data.length !== views.length * LOOKS)
    throw new TypeError(`The network returned no ${LOOKS} features for each view`)
  return views.map((view, index) => {
    const both = new Float32Array(FEATURES)
    both.set(data.subarray(index * LOOKS, (index + 1) * LOOKS).map((value) => value * LOOKS_LENGTH))
    both.set(
      coloursOf(view).map((value) => value * COLOURS_LENGTH),
      LOOKS,
    )
    return both
  })
}
