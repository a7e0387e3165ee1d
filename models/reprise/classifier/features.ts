import type { InferenceSession } from 'onnxruntime-common'
import { Tensor } from 'reprise/model'
import { COLOURS, coloursOf } from './colours.ts'
import { PICTURE_SIDE } from './read-picture.ts'

/** How many numbers the network gives. */
export const LOOKS = 128

/** How many numbers tell what a view looks like: those of the network, which sees little of colours, and the colours. */
export const FEATURES = LOOKS + COLOURS

/** Of each view its features: two vectors of length 1, one after the other. Both lie close to those of similar pictures. */
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
    both.set(data.subarray(index * LOOKS, (index + 1) * LOOKS))
    both.set(coloursOf(view), LOOKS)
    return both
  })
}
