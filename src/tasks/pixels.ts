/** Between the bytes of a picture and the numbers of a network. Pure. */
import type { Layout, PicturePlan } from './picture-plan.ts'
import type { Numbers } from './tensor-of.ts'

/** Red, green and blue, or gray alone, of one pixel after the other, row by row from the top left. */
export interface Raster {
  width: number
  height: number
  channels: 1 | 3
  data: Uint8Array
}

/** The values of a network's input, from a picture in colours, which it may want gray. */
export function toValues(
  { width, height, channels: given, data }: Raster,
  { layout, channels, isBgr, rescale, mean, std }: PicturePlan,
): Float32Array {
  const count = width * height
  const values = new Float32Array(count * channels)
  for (let channel = 0; channel < channels; channel++) {
    const source = isBgr ? 2 - channel : channel
    const [shift, divisor] = [mean[channel] ?? 0, std[channel] ?? 1]
    const [start, step] = layout === 'NCHW' ? [channel * count, 1] : [channel, channels]
    for (let pixel = 0; pixel < count; pixel++) {
      const byte = channels < given ? grayAt(data, given * pixel) : (data[given * pixel + source] ?? 0)
      values[start + step * pixel] = (byte * rescale - shift) / divisor
    }
  }
  return values
}

/** As bright as the eye sees it: the weights of ITU-R 601, which networks for gray pictures are trained with. */
function grayAt(data: Uint8Array, index: number): number {
  return Math.round(0.299 * (data[index] ?? 0) + 0.587 * (data[index + 1] ?? 0) + 0.114 * (data[index + 2] ?? 0))
}

/**
 * The picture that a network gave.
 * @throws Error when its numbers do not have the shape of one
 */
export function toRaster(
  { values, dims }: Numbers,
  layout: Layout,
  isBgr: boolean,
  [black, white]: readonly [number, number],
): Raster {
  const sides = dims.slice(-3)
  const [channels, height = 0, width = 0] = layout === 'NCHW' ? sides : [sides[2], sides[0], sides[1]]
  if (dims.length > 4 || values.length !== (channels ?? 0) * height * width || (channels !== 1 && channels !== 3))
    throw new Error(`The graph gave [${dims.join(', ')}], which is no picture in the layout ${layout}`)
  const count = width * height
  const data = new Uint8Array(values.length)
  const scale = 255 / (white - black)
  for (let channel = 0; channel < channels; channel++) {
    const target = isBgr && channels === 3 ? 2 - channel : channel
    const [start, step] = layout === 'NCHW' ? [channel * count, 1] : [channel, channels]
    for (let pixel = 0; pixel < count; pixel++)
      data[channels * pixel + target] = toByte(((values[start + step * pixel] ?? 0) - black) * scale)
  }
  return { width, height, channels, data }
}

/** The nearest byte; of what is no number, black. */
function toByte(value: number): number {
  return value > 0 ? Math.min(255, Math.round(value)) : 0
}
