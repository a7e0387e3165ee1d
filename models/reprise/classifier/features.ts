import type { InferenceSession } from 'onnxruntime-common'
import { Tensor } from 'reprise/model'
import { PICTURE_SIDE } from './read-picture.ts'

/** How many numbers tell what a view looks like. */
export const FEATURES = 128

/** Of each view its features, a vector of length 1 that lies close to those of similar pictures. */
export async function featuresOf(views: readonly Float32Array[], network: InferenceSession): Promise<Float32Array[]> {
  const shown = new Float32Array(views.length * 3 * PICTURE_SIDE ** 2)
  for (const [index, view] of views.entries()) shown.set(view, index * view.length)
  const { features } = await network.run({
    pictures: new Tensor('float32', shown, [views.length, 3, PICTURE_SIDE, PICTURE_SIDE]),
  })
  const { data } = features ?? {}
  if (!(data instanceof Float32Array) || data.length !== views.length * FEATURES)
    throw new TypeError(`The network returned no ${FEATURES} features for each view`)
  return views.map((_, index) => data.slice(index * FEATURES, (index + 1) * FEATURES))
}
