import type { FileInput } from 'reprise/model'
import sharp, { type Metadata } from 'sharp'
import { assertWithinLimits, type Format, mostPixelsIn } from './limits.ts'
import type { Raster } from './raster.ts'

export interface Picture extends Raster {
  /** Stored without colours. */
  isGrey: boolean
}

/** Keeps the decoders of all other formats out of reach for as long as the process lives; SVG above all. */
export function readOnlyKnownFormats(): void {
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({ operation: ['VipsForeignLoadPng', 'VipsForeignLoadJpeg', 'VipsForeignLoadWebp'] })
}

/**
 * Reads a PNG, JPEG or WebP file as it is meant to be seen: turned as its EXIF data say, its colours as sRGB, and of an
 * animation the first picture.
 * @throws what a client can do about a picture that cannot be read, or is too large.
 */
export async function readPicture(file: FileInput, scale: number, format: Format): Promise<Picture> {
  const metadata = await readMetadata(file)
  assertWithinLimits(file.name, metadata, scale, format)
  const pixels = await readPixels(file, mostPixelsIn(scale))
  return { ...pixels, isGrey: metadata.space === 'b-w' || metadata.space === 'grey16' }
}

async function readMetadata(file: FileInput): Promise<Metadata> {
  try {
    // The limits of the model tell more than those of sharp, and no pixel is decoded for them.
    return await sharp(file.path, { limitInputPixels: false }).metadata()
  } catch (cause) {
    throw new Error(
      `${file.name} cannot be read as a PNG, JPEG or WebP picture. Convert it to one of these formats, or send it ` +
        `again if it was damaged on its way`,
      { cause },
    )
  }
}

async function readPixels(file: FileInput, limitInputPixels: number): Promise<Raster> {
  try {
    const { data, info } = await sharp(file.path, { limitInputPixels, failOn: 'error' })
      .autoOrient()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    const { width, height, channels } = info
    if (channels !== 3 && channels !== 4) throw new TypeError(`The picture was decoded to ${channels} channels`)
    return { width, height, channels, data: new Uint8ClampedArray(data.buffer, data.byteOffset, data.length) }
  } catch (cause) {
    throw new Error(`${file.name} is damaged: it ends too soon, or parts of it make no sense. Send it again`, { cause })
  }
}
