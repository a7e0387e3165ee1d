import sharp from 'sharp'

/** Bytes of one pixel after the other, row by row. */
export interface Pixels {
  width: number
  height: number
  channels: number
  data: Uint8Array
}

export async function decodePicture(file: Buffer): Promise<Pixels> {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, channels: info.channels, data }
}

/** Of all reds, all greens, all blues, each from 0 to 1. */
export function pngOf(planes: Float32Array, { width, height }: { width: number; height: number }): Promise<Buffer> {
  const size = width * height
  const data = new Uint8Array(planes.length)
  for (const [index, value] of planes.entries()) data[3 * (index % size) + Math.floor(index / size)] = Math.round(value * 255)
  return sharp(data, { raw: { width, height, channels: 3 } }).png().toBuffer()
}

/** The mean difference of two pictures, of 255, and the part of the pixels with a colour that is off by more than `far`. */
export function differencesOf(a: Pixels, b: Pixels, far: number): { mean: number; shareBeyond: number } {
  let sum = 0
  const beyond = new Set<number>()
  for (const [index, value] of a.data.entries()) {
    const difference = Math.abs(value - (b.data[index] ?? Number.NaN))
    sum += difference
    if (!(difference <= far)) beyond.add(Math.floor(index / a.channels))
  }
  return { mean: sum / a.data.length, shareBeyond: beyond.size / (a.width * a.height) }
}
