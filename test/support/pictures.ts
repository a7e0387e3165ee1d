import sharp from 'sharp'

/** Bytes of one pixel after the other, row by row. */
export interface Pixels {
  width: number
  height: number
  channels: 1 | 2 | 3 | 4
  data: Uint8Array
}

export async function decodePicture(file: Uint8Array): Promise<Pixels> {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, channels: info.channels, data }
}

export function encodePng({ data, ...raw }: Pixels): Promise<Buffer> {
  return sharp(data, { raw }).png().toBuffer()
}

/**
 * A picture from what a network takes or gives.
 * @param planes all reds, then all greens, then all blues, each from 0 to 1
 * @param toByte what becomes of a fraction
 */
export function pixelsOf(
  planes: Float32Array,
  { width, height }: { width: number; height: number },
  toByte: (value: number) => number,
): Pixels {
  const size = width * height
  const data = new Uint8Array(planes.length)
  for (const [index, value] of planes.entries())
    data[3 * (index % size) + Math.floor(index / size)] = toByte(value * 255)
  return { width, height, channels: 3, data }
}

export interface Differences {
  /** Mean over all colours of all pixels, of 255. */
  mean: number
  /** Part of the pixels with a colour that is off by more than what was asked for. */
  shareBeyond: number
}

/** How far two pictures of the same size are apart. */
export function differencesOf(a: Pixels, b: Pixels, limit: number): Differences {
  let sum = 0
  const beyond = new Set<number>()
  for (const [index, value] of a.data.entries()) {
    const difference = Math.abs(value - (b.data[index] ?? Number.NaN))
    sum += difference
    if (difference > limit) beyond.add(Math.floor(index / a.channels))
  }
  return { mean: sum / a.data.length, shareBeyond: beyond.size / (a.width * a.height) }
}
