/**
 * How many pixels an enlarged picture may have, such as 4096 x 4096. It bounds the memory, 64 MB for the pixels with
 * their opacity and several times as much while they are written, and the time, which grows with the pixels.
 */
const MOST_PIXELS_OUT = 2 ** 24

/** The longest side that a format can hold. */
const LONGEST_SIDE = { png: 2 ** 24, jpeg: 65_500, webp: 16_383 }

export type Format = keyof typeof LONGEST_SIDE

interface Size {
  width: number
  height: number
}

export function mostPixelsIn(scale: number): number {
  return MOST_PIXELS_OUT / scale ** 2
}

/** @throws when a picture has too many pixels to be enlarged so, or would not fit into the format. */
export function assertWithinLimits(name: string, { width, height }: Size, scale: number, format: Format): void {
  const most = mostPixelsIn(scale)
  if (width * height > most)
    throw new Error(
      `${name} has ${width} x ${height} = ${grouped(width * height)} pixels, and at ${scale}x it may have at most ` +
        `${grouped(most)} (such as ${Math.sqrt(most)} x ${Math.sqrt(most)}). Send a smaller picture or a part of it` +
        (width * height <= mostPixelsIn(2) ? ', or choose 2x' : ''),
    )
  const longest = Math.max(width, height) * scale
  if (longest > LONGEST_SIDE[format])
    throw new Error(
      `${name} enlarged ${scale}x would be ${grouped(longest)} pixels long, and a ${format} file can hold at most ` +
        `${grouped(LONGEST_SIDE[format])}. Choose the format png`,
    )
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
