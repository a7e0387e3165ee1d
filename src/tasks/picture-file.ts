import sharp, { type Metadata, type Sharp } from 'sharp'
import type { FileInput } from '../models/define-model.ts'
import type { FixedPlan, PicturePlan } from './picture-plan.ts'
import type { Size } from './picture-size.ts'
import type { Raster } from './pixels.ts'

/** A bound on what a small file can unfold to: 8192 x 8192 and the like, 200 MB while it is decoded. */
const MOST_PIXELS = 2 ** 26

const KNOWN_FORMATS = 'PNG, JPEG, WebP, GIF, TIFF or AVIF'
const LOADERS = ['Png', 'Jpeg', 'Webp', 'Nsgif', 'Tiff', 'Heif']

/** Shrinking while a JPEG is decoded is faster, and makes another picture than networks are trained with. */
const FAITHFUL = { fastShrinkOnLoad: false }
const KERNELS = { nearest: 'nearest', bilinear: 'linear', bicubic: 'cubic', lanczos: 'lanczos3' } as const

/** Keeps the decoders of all other formats out of reach for as long as the process lives; SVG above all. */
export function readOnlyKnownFormats(): void {
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({ operation: LOADERS.map((loader) => `VipsForeignLoad${loader}`) })
}

/** A picture as it is meant to be seen, before its pixels are decoded. */
export interface PictureFile extends Size {
  file: FileInput
}

/** @throws Error when a file is no picture, or too large */
export async function openPicture(file: FileInput): Promise<PictureFile> {
  const { width, height } = (await readMetadata(file)).autoOrient
  if (width * height > MOST_PIXELS)
    throw new Error(
      `${file.name} has ${width} x ${height} pixels, and at most ${MOST_PIXELS.toLocaleString('en-US')} are taken; ` +
        'send a smaller picture',
    )
  return { file, width, height }
}

async function readMetadata(file: FileInput): Promise<Metadata> {
  try {
    // Our own limit tells more than that of sharp, and no pixel is decoded for it.
    return await sharp(file.path, { limitInputPixels: false }).metadata()
  } catch (cause) {
    throw new Error(
      `${file.name} cannot be read as a picture; send a ${KNOWN_FORMATS}, or send it again if it was damaged on its way`,
      { cause },
    )
  }
}

/** The pixels of a picture at the size that a network wants. */
export function readFixed(picture: PictureFile, plan: FixedPlan): Promise<Raster> {
  const { width, height, fit, cropPct, resample, background } = plan
  const kernel = KERNELS[resample]
  // What is cut away is scaled before it is cut, so that the middle has the size that the network wants.
  const larger = { width: Math.round(width / cropPct), height: Math.round(height / cropPct) }
  return decode(picture, plan, (pixels) => {
    const resized = pixels.resize({ ...larger, fit, kernel, background, ...FAITHFUL })
    if (cropPct === 1) return resized
    const [left, top] = [Math.floor((larger.width - width) / 2), Math.floor((larger.height - height) / 2)]
    return resized.extract({ left, top, width, height })
  })
}

/** The pixels of a picture stretched to a size, its last row and column repeated up to a frame. */
export function readFramed(picture: PictureFile, plan: PicturePlan, size: Size, frame: Size): Promise<Raster> {
  return decode(picture, plan, (pixels) =>
    pixels.resize({ ...size, fit: 'fill', kernel: KERNELS[plan.resample], ...FAITHFUL }).extend({
      right: frame.width - size.width,
      bottom: frame.height - size.height,
      extendWith: 'copy',
    }),
  )
}

/** Turned as EXIF data say, without opacity, with 8 bits for each of red, green and blue. */
async function decode(
  { file }: PictureFile,
  { background }: Pick<PicturePlan, 'background'>,
  shape: (pixels: Sharp) => Sharp,
): Promise<Raster> {
  try {
    const upright = sharp(file.path, { limitInputPixels: MOST_PIXELS, failOn: 'error' }).autoOrient()
    const { data, info } = await shape(upright.flatten({ background }))
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    const { width, height, channels } = info
    if (channels !== 3) throw new TypeError(`The picture was decoded to ${channels} channels`)
    return { width, height, channels, data }
  } catch (cause) {
    throw new Error(
      `${file.name} is damaged, or encoded in a way that is not read here, such as HEIC; send it again, or as a JPEG`,
      { cause },
    )
  }
}

/** @param part of the picture, from the top left, that is kept; and the size that it gets */
export function encodePng({ data, ...raw }: Raster, part: Size, size: Size): Promise<Uint8Array> {
  const pixels = sharp(data, { raw }).extract({ left: 0, top: 0, ...part })
  const sized =
    part.width === size.width && part.height === size.height ? pixels : pixels.resize({ ...size, fit: 'fill' })
  return sized.png().toBuffer()
}
