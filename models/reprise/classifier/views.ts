import { PICTURE_SIDE } from './read-picture.ts'

/** What the network sees of a picture: all reds, then all greens, then all blues, row by row, each from 0 to 1. */
export function viewOf(picture: Uint8Array): Float32Array {
  const plane = PICTURE_SIDE ** 2
  const view = new Float32Array(3 * plane)
  for (const [index, level] of picture.entries()) view[(index % 3) * plane + Math.floor(index / 3)] = level / 255
  return view
}

/** The view of the picture's mirror image, left for right. */
export function mirrored(view: Float32Array): Float32Array {
  const lastColumn = PICTURE_SIDE - 1
  return view.map((_, index) => view[index + lastColumn - 2 * (index % PICTURE_SIDE)] ?? 0)
}
