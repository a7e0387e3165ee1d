import sharp, { type Sharp } from 'sharp'
import type { Format } from './limits.ts'
import type { Picture } from './read-picture.ts'

/** @param quality from 1 to 100, for the formats that lose something. */
export async function writePicture(picture: Picture, format: Format, quality: number): Promise<Uint8Array> {
  const { width, height, channels, data, isGrey } = picture
  const pixels = sharp(data, { raw: { width, height, channels } })
  return encoded(isGrey ? pixels.toColourspace('b-w') : pixels, format, quality).toBuffer()
}

function encoded(pixels: Sharp, format: Format, quality: number): Sharp {
  switch (format) {
    case 'png':
      return pixels.png()
    case 'jpeg':
      return pixels.flatten({ background: 'white' }).jpeg({ quality })
    case 'webp':
      return pixels.webp({ quality })
  }
}
