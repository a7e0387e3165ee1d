import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { InferenceSession } from 'onnxruntime-node'
import sharp, { type Metadata, type Sharp } from 'sharp'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { enlarge } from '../../models/reprise/upscaler/enlarge.ts'
import { replaceHiddenColours } from '../../models/reprise/upscaler/hidden-colours.ts'
import { interpolateChannel } from '../../models/reprise/upscaler/interpolate.ts'
import upscaler from '../../models/reprise/upscaler/predict.ts'
import { emptyRaster, type Raster } from '../../models/reprise/upscaler/raster.ts'
import { cutTile, pasteTile, tilesOf } from '../../models/reprise/upscaler/tiles.ts'
import type { FileOutput } from '../../src/models/define-model.ts'
import { testFolder } from '../support/temporary.ts'

// Packages find it through the runner; here it is the same module.
vi.mock('reprise/model', () => import('../../src/models/define-model.ts'))

type Input = Parameters<typeof upscaler.predict>[0]
type Networks = Parameters<typeof upscaler.predict>[1]['state']

const path = (file: string) => join(import.meta.dirname, '../../models/reprise/upscaler', file)
const session = (file: string) => InferenceSession.create(path(file), { intraOpNumThreads: 1 })
let networks: Networks

beforeAll(async () => {
  const state = await upscaler.setup?.({ path, session, log: () => undefined })
  if (!state) throw new Error('The upscaler has no setup')
  networks = state
})

interface Asked {
  name?: string
  scale?: Input['scale']
  format?: Input['format']
  signal?: AbortSignal
  log?: (text: string) => void
}

async function upscale(bytes: Uint8Array, asked: Asked = {}): Promise<FileOutput> {
  const { name = 'picture.png', scale = 2, format = 'png', signal, log = () => undefined } = asked
  const file = join(testFolder(), 'input')
  writeFileSync(file, bytes)
  const image = { path: file, name, contentType: 'application/octet-stream', bytes: () => readFile(file) }
  return upscaler.predict(
    { image, scale, format, quality: 90 },
    {
      path,
      session,
      log,
      state: networks,
      signal: signal ?? new AbortController().signal,
      metric: () => undefined,
      file: (bytes, { name }) => ({ bytes, name }),
    },
  )
}

/** Waves of other lengths in each colour; what is left of `clear` is transparent. */
function waves(width: number, height: number, clear?: number): Raster {
  const raster = emptyRaster(width, height, clear === undefined ? 3 : 4)
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const column = pixel % width
    const row = Math.floor(pixel / width)
    for (let channel = 0; channel < 3; channel += 1)
      raster.data[pixel * raster.channels + channel] = 128 + 120 * Math.sin((column * (channel + 1)) / 3 + row / 2)
    if (clear !== undefined) raster.data[pixel * 4 + 3] = column < clear ? 0 : 255
  }
  return raster
}

function asSharp({ width, height, channels, data }: Raster) {
  return sharp(data, { raw: { width, height, channels } })
}

function isBetween(value: number | undefined, low: number, high: number): boolean {
  return value !== undefined && value >= low && value <= high
}

describe('tiles', () => {
  test.each([
    [1, 1, 192],
    [192, 192, 192],
    [193, 7, 192],
    [1000, 431, 100],
  ])('of %i x %i pixels cover each once, none longer than %i', (width, height, longest) => {
    const covered = new Uint8Array(width * height)
    for (const tile of tilesOf({ width, height }, longest)) {
      expect(isBetween(tile.width, 1, longest) && isBetween(tile.height, 1, longest)).toBe(true)
      for (let row = tile.top; row < tile.top + tile.height; row += 1)
        for (let column = tile.left; column < tile.left + tile.width; column += 1) {
          const pixel = row * width + column
          covered[pixel] = (covered[pixel] ?? 0) + 1
        }
    }
    expect(covered.every((count) => count === 1)).toBe(true)
  })

  test('are nearly equal, so that none is all margin', () => {
    expect(tilesOf({ width: 193, height: 1 }, 192).map((tile) => tile.width)).toEqual([96, 97])
  })

  test('see round themselves, and beyond the edge what lies at the edge', () => {
    const picture = emptyRaster(3, 1, 4)
    picture.data.set([0, 51, 255, 9, 51, 102, 0, 9, 102, 153, 255, 9])
    const seen = cutTile(picture, { left: 0, top: 0, width: 1, height: 1 }, 1)
    const row = (...levels: number[]) => levels.map((level) => Math.fround(level / 255))
    const [reds, greens, blues] = [row(0, 0, 51), row(51, 51, 102), row(255, 255, 0)]
    expect([...seen]).toEqual([reds, reds, reds, greens, greens, greens, blues, blues, blues].flat())
  })

  test('are put back where they were, rounded, without a touch on the opacity', () => {
    const picture = emptyRaster(2, 2, 4)
    pasteTile(picture, { left: 1, top: 1, width: 1, height: 1 }, Float32Array.of(0.5019, 1.2, -0.3))
    expect([...picture.data.slice(0, 12)]).toEqual(Array(12).fill(0))
    expect([...picture.data.slice(12)]).toEqual([128, 255, 0, 0])
  })
})

describe('hidden colours', () => {
  test('near to visible pixels become theirs, and those far away stay', () => {
    const picture = emptyRaster(5, 1, 4)
    picture.data.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 90, 80, 70, 1, 60, 50, 40, 255])
    replaceHiddenColours(picture, 2)
    expect([...picture.data]).toEqual([0, 0, 0, 0, 90, 80, 70, 0, 90, 80, 70, 0, 90, 80, 70, 1, 60, 50, 40, 255])
  })

  test('between several visible pixels are their mean', () => {
    const picture = emptyRaster(3, 1, 4)
    picture.data.set([10, 0, 0, 255, 0, 0, 0, 0, 30, 0, 0, 255])
    replaceHiddenColours(picture, 1)
    expect(picture.data[4]).toBe(20)
  })
})

describe('interpolation', () => {
  function line(levels: number[]): Raster {
    const raster = emptyRaster(levels.length, 1, 3)
    for (const [index, level] of levels.entries()) raster.data[3 * index + 1] = level
    return raster
  }

  test.each([2, 4])('at %ix keeps an even slope even, with its middle in the middle', (scale) => {
    const enlarged = emptyRaster(8 * scale, scale, 3)
    interpolateChannel(line([0, 16, 32, 48, 64, 80, 96, 112]), 1, scale, enlarged)
    const levels = enlarged.data.filter((_, index) => index % 3 === 1).subarray(2 * scale, 6 * scale)
    const steps = Array.from(levels, (_, index) => 32 + 16 * ((index + 0.5) / scale - 0.5))
    expect([...levels]).toEqual(steps)
    expect(enlarged.data.every((level, index) => index % 3 === 1 || level === 0)).toBe(true)
  })

  test('overshoots beside an edge, as the bicubic filter does', () => {
    const enlarged = emptyRaster(12, 2, 3)
    interpolateChannel(line([100, 100, 100, 200, 200, 200]), 1, 2, enlarged)
    expect([...enlarged.data.filter((_, index) => index % 3 === 1).subarray(0, 12)]).toEqual([
      100, 100, 100, 98, 93, 120, 180, 207, 202, 200, 200, 200,
    ])
  })
})

describe('the networks', () => {
  const steps = { before: () => undefined, after: () => undefined }

  test.each([2, 4] as const)('make the same of many small tiles as of one, at %ix', async (scale) => {
    const whole = await enlarge(waves(61, 47), networks[scale], scale, steps, 100)
    const tiled = await enlarge(waves(61, 47), networks[scale], scale, steps, 13)
    expect([whole.width, whole.height]).toEqual([61 * scale, 47 * scale])
    // A sum in another order may round to the level beside it.
    expect(largestDifference(whole.data, tiled.data)).toBeLessThanOrEqual(1)
    expect(meanSquare(whole.data, tiled.data)).toBeLessThan(0.001)
  })

  test.each([2, 4] as const)('come closer than interpolation to a disc that was reduced, at %ix', async (scale) => {
    const large = disc(160)
    const pixels = asSharp(large).resize({ width: large.width / scale, kernel: 'cubic' })
    const small: Raster = { ...large, width: 160 / scale, height: 160 / scale, data: await clamped(pixels) }
    const enlarged = await enlarge(small, networks[scale], scale, steps)
    const interpolated = emptyRaster(160, 160, 3)
    for (const channel of [0, 1, 2]) interpolateChannel(small, channel, scale, interpolated)
    expect(meanSquare(enlarged.data, large.data)).toBeLessThan(meanSquare(interpolated.data, large.data) / 2)
  })

  test.each([2, 4] as const)('keep one colour that colour, up to the edges, at %ix', async (scale) => {
    const flat = sharp({ create: { width: 30, height: 20, channels: 3, background: { r: 200, g: 30, b: 90 } } })
    const enlarged = await enlarge(
      { ...emptyRaster(30, 20, 3), data: await clamped(flat) },
      networks[scale],
      scale,
      steps,
    )
    const wanted = await clamped(flat.resize(30 * scale, 20 * scale))
    expect(largestDifference(enlarged.data, wanted)).toBeLessThanOrEqual(2)
  })
})

/** Red on white with a soft edge. */
function disc(side: number): Raster {
  const raster = emptyRaster(side, side, 3)
  for (let pixel = 0; pixel < side * side; pixel += 1) {
    const distance = Math.hypot((pixel % side) - side / 2, Math.floor(pixel / side) - side / 2)
    const inside = Math.min(Math.max(side / 3 - distance, 0), 1)
    raster.data.set([255 - 55 * inside, 255 - 255 * inside, 255 - 215 * inside], pixel * 3)
  }
  return raster
}

async function clamped(pixels: Sharp): Promise<Uint8ClampedArray> {
  return new Uint8ClampedArray(await pixels.raw().toBuffer())
}

type Levels = Uint8Array | Uint8ClampedArray

function meanSquare(some: Levels, others: Levels): number {
  let squares = 0
  for (const [index, level] of some.entries()) squares += (level - (others[index] ?? Number.NaN)) ** 2
  return squares / some.length
}

function largestDifference(some: Levels, others: Levels): number {
  let largest = 0
  for (const [index, level] of some.entries())
    largest = Math.max(largest, Math.abs(level - (others[index] ?? Number.NaN)))
  return largest
}

describe('pictures', () => {
  async function metadataOf(output: FileOutput): Promise<Metadata> {
    return sharp(output.bytes).metadata()
  }

  test('are named for the input, the scale and the format', async () => {
    const small = await asSharp(waves(8, 8)).png().toBuffer()
    const names = [
      await upscale(small, { name: 'my cat.PNG' }),
      await upscale(small, { name: 'cat', scale: 4, format: 'jpeg' }),
      await upscale(small, { name: 'cat.tabby.webp', format: 'webp' }),
    ].map((output) => output.name)
    expect(names).toEqual(['my cat-2x.png', 'cat-4x.jpg', 'cat.tabby-2x.webp'])
  })

  test.each(['png', 'jpeg', 'webp'] as const)('are read and written as %s', async (format) => {
    const small = await asSharp(waves(20, 12)).toFormat(format).toBuffer()
    expect(await metadataOf(await upscale(small, { format }))).toMatchObject({ format, width: 40, height: 24 })
  })

  test('are turned as their EXIF data say', async () => {
    const small = await asSharp(waves(20, 10)).withMetadata({ orientation: 6 }).jpeg().toBuffer()
    const metadata = await metadataOf(await upscale(small))
    expect(metadata).toMatchObject({ width: 20, height: 40 })
    expect(metadata.orientation).toBeUndefined()
  })

  test('of grey levels stay so', async () => {
    const small = await asSharp(waves(20, 10)).toColourspace('b-w').png().toBuffer()
    expect(await metadataOf(await upscale(small))).toMatchObject({ space: 'b-w', channels: 1, width: 40 })
  })

  test.each([
    ['of 16 bits a level', asSharp(waves(24, 16)).toColourspace('rgb16').png()],
    ['of 16-bit grey levels', asSharp(waves(24, 16)).toColourspace('grey16').png()],
    ['with a palette', asSharp(waves(24, 16)).png({ palette: true })],
    ['of printing colours', asSharp(waves(24, 16)).toColourspace('cmyk').jpeg({ quality: 100 })],
  ])('%s look like their 8-bit sRGB picture', async (_, pixels) => {
    const special = await pixels.toBuffer()
    const plain = await sharp(special)
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    const { width, height, channels } = plain.info
    const expected = await upscale(await sharp(plain.data, { raw: { width, height, channels } }).png().toBuffer())
    const given = await upscale(special)
    const levels = await sharp(given.bytes).toColourspace('srgb').raw().toBuffer()
    const wanted = await sharp(expected.bytes).toColourspace('srgb').raw().toBuffer()
    expect(levels.length).toBe(24 * 16 * 4 * 3)
    expect(largestDifference(levels, wanted)).toBeLessThan(6)
  })

  test('keep their transparency, without a dark rim beside it', async () => {
    const flat = emptyRaster(20, 20, 4)
    for (let pixel = 0; pixel < 400; pixel += 1) if (pixel % 20 >= 10) flat.data.set([250, 240, 10, 255], pixel * 4)
    const small = await asSharp(flat).png().toBuffer()
    const enlarged = await sharp((await upscale(small)).bytes)
      .raw()
      .toBuffer({ resolveWithObject: true })
    expect(enlarged.info).toMatchObject({ width: 40, height: 40, channels: 4 })
    for (let pixel = 0; pixel < 1600; pixel += 1) {
      const [red, green, blue, opacity] = enlarged.data.subarray(pixel * 4, pixel * 4 + 4)
      if (pixel % 40 < 18) expect(opacity).toBe(0)
      if (pixel % 40 >= 22) expect(opacity).toBe(255)
      if (opacity)
        expect([isBetween(red, 245, 255), isBetween(green, 235, 245), isBetween(blue, 5, 15)]).toEqual([
          true,
          true,
          true,
        ])
    }
  })

  test('become white in jpeg where they are transparent', async () => {
    const small = await asSharp(waves(32, 16, 16))
      .png()
      .toBuffer()
    const pixels = await sharp((await upscale(small, { format: 'jpeg' })).bytes)
      .raw()
      .toBuffer()
    expect(Math.min(...pixels.subarray(0, 3 * 16))).toBeGreaterThan(245)
  })

  test('of an animation are the first', async () => {
    const frames = emptyRaster(8, 16, 3)
    frames.data.fill(255, 0, 8 * 8 * 3)
    const { width, height, channels, data } = frames
    const animated = await sharp(data, { raw: { width, height, channels, pageHeight: 8 } })
      .webp({ lossless: true })
      .toBuffer()
    expect((await sharp(animated).metadata()).pages).toBe(2)
    const enlarged = await sharp((await upscale(animated)).bytes)
      .raw()
      .toBuffer({ resolveWithObject: true })
    expect(enlarged.info).toMatchObject({ width: 16, height: 16 })
    expect(Math.min(...enlarged.data)).toBeGreaterThan(250)
  })
})

describe('what cannot be enlarged is refused', () => {
  const WRONG_FORMAT = 'cannot be read as a PNG, JPEG or WebP picture'
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'

  test.each([
    ['an SVG drawing', Buffer.from(svg)],
    ['text', Buffer.from('hello')],
    ['nothing', Buffer.alloc(0)],
    ['a PDF document', Buffer.from('%PDF-1.4\n')],
  ])('%s', async (_, bytes) => {
    await expect(upscale(bytes, { name: 'cat.png' })).rejects.toThrow(`cat.png ${WRONG_FORMAT}`)
  })

  test.each(['gif', 'tiff', 'avif'] as const)('a picture of the format %s', async (format) => {
    await expect(upscale(await asSharp(waves(8, 8)).toFormat(format).toBuffer())).rejects.toThrow(WRONG_FORMAT)
  })

  test.each(['png', 'jpeg'] as const)('a %s picture that ends too soon', async (format) => {
    const whole = await asSharp(waves(120, 120)).toFormat(format).toBuffer()
    const cut = whole.subarray(0, whole.length * 0.7)
    await expect(upscale(cut)).rejects.toThrow('picture.png is damaged: it ends too soon')
  })

  test('a png picture with a wrong byte', async () => {
    const whole = await asSharp(waves(120, 120)).png().toBuffer()
    const middle = Math.floor(whole.length / 2)
    whole[middle] = (whole[middle] ?? 0) ^ 255
    await expect(upscale(whole)).rejects.toThrow('picture.png is damaged')
  })

  test('one of too many pixels, by its head alone', async () => {
    await expect(upscale(pngOfSize(30_000, 30_000))).rejects.toThrow(
      'picture.png has 30000 x 30000 = 900,000,000 pixels, and at 2x it may have at most 4,194,304',
    )
    await expect(upscale(pngOfSize(1024, 1025), { scale: 4 })).rejects.toThrow(
      'picture.png has 1024 x 1025 = 1,049,600 pixels, and at 4x it may have at most 1,048,576 (such as 1024 x 1024). ' +
        'Send a smaller picture or a part of it, or choose 2x',
    )
  })

  test('one too long for the format', async () => {
    await expect(upscale(pngOfSize(9_000, 10), { format: 'webp' })).rejects.toThrow(
      'picture.png enlarged 2x would be 18,000 pixels long, and a webp file can hold at most 16,383',
    )
  })

  test('one that has been canceled, between two tiles', async () => {
    const small = await asSharp(waves(400, 400)).png().toBuffer()
    const lines: string[] = []
    const canceling = new AbortController()
    const log = (text: string) => {
      lines.push(text)
      if (lines.length === 2) canceling.abort(new Error('canceled'))
    }
    await expect(upscale(small, { signal: canceling.signal, log })).rejects.toThrow('canceled')
    expect(lines).toEqual(['400 x 400 to 800 x 800 pixels', '10 %'])
  })
})

/** A grey PNG picture that has a head, and next to no pixels. */
function pngOfSize(width: number, height: number): Buffer {
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0])
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const pixels = deflateSync(Buffer.alloc(10))
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))])
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), content])
  const ends = Buffer.alloc(8)
  ends.writeUInt32BE(content.length, 0)
  ends.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)])
}
