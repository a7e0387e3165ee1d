import sharp from 'sharp'
import { PICTURE_SIDE } from './read-picture.ts'

/** Of the square that the network sees. */
export const VIEW_SIDE = 64

/** How much of the picture a crop keeps of each side. */
const CROP_SIDE = 112

/** A part of a picture, such as all of it. */
interface Frame {
  left: number
  top: number
  side: number
  mirrored: boolean
}

const WHOLE: Frame = { left: 0, top: 0, side: PICTURE_SIDE, mirrored: false }

const FAR = PICTURE_SIDE - CROP_SIDE
const CORNERS = [
  [0, 0],
  [FAR, 0],
  [0, FAR],
  [FAR, FAR],
] as const

/** What the network sees of the whole picture: all reds, then all greens, then all blues, each from 0 to 1. */
export function wholeView(picture: Uint8Array): Promise<Float32Array> {
  return viewOf(picture, WHOLE)
}

/** The whole picture first, then parts of it, and each mirrored too where that is wanted. */
export function manyViews(
  picture: Uint8Array,
  options: { cropped: boolean; mirrored: boolean },
): Promise<Float32Array[]> {
  const crops = options.cropped ? CORNERS.map(([left, top]) => ({ ...WHOLE, left, top, side: CROP_SIDE })) : []
  const frames = [WHOLE, ...crops]
  if (options.mirrored) frames.push(...frames.map((frame) => ({ ...frame, mirrored: true })))
  return Promise.all(frames.map((frame) => viewOf(picture, frame)))
}

async function viewOf(picture: Uint8Array, { left, top, side, mirrored }: Frame): Promise<Float32Array> {
  const pixels = await sharp(picture, { raw: { width: PICTURE_SIDE, height: PICTURE_SIDE, channels: 3 } })
    .extract({ left, top, width: side, height: side })
    .resize(VIEW_SIDE, VIEW_SIDE)
    .flop(mirrored)
    .raw()
    .toBuffer()
  const plane = VIEW_SIDE ** 2
  const planes = new Float32Array(3 * plane)
  for (const [index, level] of pixels.entries()) planes[(index % 3) * plane + Math.floor(index / 3)] = level / 255
  return planes
}
