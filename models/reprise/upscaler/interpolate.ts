import type { Raster } from './raster.ts'

interface Tap {
  index: number
  weight: number
}

/**
 * Fills one channel of a raster by bicubic interpolation of a smaller one. The outer borders of both fall together;
 * what sharp 0.35 enlarges lies half a pixel of the result too far to the right and to the bottom.
 */
export function interpolateChannel(small: Raster, channel: number, scale: number, large: Raster): void {
  const blended = new Float32Array(small.width)
  const columns = tapsAlong(small.width, scale)
  for (const [row, taps] of tapsAlong(small.height, scale).entries()) {
    blended.fill(0)
    for (const { index, weight } of taps) {
      let at = index * small.width * small.channels + channel
      for (let column = 0; column < small.width; column += 1) {
        blended[column] = (blended[column] ?? 0) + weight * (small.data[at] ?? 0)
        at += small.channels
      }
    }
    let at = row * large.width * large.channels + channel
    for (const taps of columns) {
      let level = 0
      for (const { index, weight } of taps) level += weight * (blended[index] ?? 0)
      large.data[at] = level
      at += large.channels
    }
  }
}

/** For each place of the enlarged line, what it takes of the four nearest places of the small one. */
function tapsAlong(length: number, scale: number): Tap[][] {
  return Array.from({ length: length * scale }, (_, place) => {
    const centre = (place + 0.5) / scale - 0.5
    const first = Math.floor(centre) - 1
    return [first, first + 1, first + 2, first + 3].map((index) => ({
      index: Math.min(Math.max(index, 0), length - 1),
      weight: cubic(Math.abs(index - centre)),
    }))
  })
}

/** The filter of Keys with a = -0.5, which most programs use. */
function cubic(distance: number): number {
  if (distance < 1) return 1.5 * distance ** 3 - 2.5 * distance ** 2 + 1
  return -0.5 * distance ** 3 + 2.5 * distance ** 2 - 4 * distance + 2
}
