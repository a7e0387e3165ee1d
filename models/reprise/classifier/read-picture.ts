import sharp, { type Metadata } from 'sharp'
import { grouped, MOST_PIXELS } from './limits.ts'

/** Of the square that every picture becomes, which is what the network sees. */
export const PICTURE_SIDE = 64

/** Shows through where a picture is transparent, so that both black and white drawings can be seen on it. */
const BEHIND = { r: 128, g: 128, b: 128 }

const CAN_BE_READ = ['VipsForeignLoadPng', 'VipsForeignLoadJpeg', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif']

/** A file, or its content. */
export type PictureSource = string | Uint8Array

/** Keeps the decoders of all other formats out of reach for as long as the process lives; SVG above all. */
export function readOnlyKnownFormats(): void {
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({ operation: CAN_BE_READ })
}

/**
 * The red, green and blue of each pixel of a picture squeezed into a square, row by row: turned as its EXIF data say,
 * its colours as sRGB, and of an animation the first picture.
 * @param name for the reasons
 * @throws what can be done about a picture that cannot be read, or is too large
 */
export async function readPicture(source: PictureSource, name: string): Promise<Uint8Array> {
  const { width, height } = await readMetadata(source, name)
  if (width * height > MOST_PIXELS)
    throw new Error(
      `${name} has ${width} x ${height} = ${grouped(width * height)} pixels, and at most ${grouped(MOST_PIXELS)} can ` +
        `be read. Send a smaller picture; more than ${PICTURE_SIDE} x ${PICTURE_SIDE} are not looked at`,
    )
  try {
    return await sharp(source, { limitInputPixels: MOST_PIXELS, failOn: 'error' })
      .autoOrient()
      .flatten({ background: BEHIND })
      .resize(PICTURE_SIDE, PICTURE_SIDE, { fit: 'fill' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer()
  } catch (cause) {
    throw new Error(`${name} is damaged: it ends too soon, or parts of it make no sense. Send it again`, { cause })
  }
}

async function readMetadata(source: PictureSource, name: string): Promise<Metadata> {
  try {
    // The limit of the model tells more than that of sharp, and no pixel is decoded for it.
    return await sharp(source, { limitInputPixels: false }).metadata()
  } catch (cause) {
    throw new Error(
      `${name} cannot be read as a PNG, JPEG, WebP or GIF picture. Convert it to one of these formats, or send it ` +
        `again if it was damaged on its way`,
      { cause },
    )
  }
}
