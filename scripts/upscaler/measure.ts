// Prints a table of how close the package and bicubic interpolation come to pictures that were reduced.
// node measure.ts folder, where <scale>/<way>/<kind>/ holds <number>-small.png and <number>-large.png

import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import sharp from 'sharp'
import { interpolateChannel } from '../../models/reprise/upscaler/interpolate.ts'
import { emptyRaster, type Raster } from '../../models/reprise/upscaler/raster.ts'

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === 'reprise/model' ? import.meta.resolve('../../src/models/define-model.ts') : specifier, context),
})
const { default: upscaler } = await import('../../models/reprise/upscaler/predict.ts')

const HIGHEST_RATIO = 60
const SCALES = [2, 4] as const
const [folder = ''] = process.argv.slice(2)

interface Ratios {
  bicubic: number
  upscaler: number
}

const path = (file: string) => join(import.meta.dirname, '../../models/reprise/upscaler', file)
const setup = {
  path,
  session: (file: string) => InferenceSession.create(path(file), { intraOpNumThreads: 1 }),
  log: () => undefined,
}
const state = await upscaler.setup?.(setup)

async function enlargeByPackage(file: string, scale: (typeof SCALES)[number]): Promise<Buffer> {
  if (!state) throw new TypeError('The package loads no networks')
  const { bytes } = await upscaler.predict(
    {
      image: { path: file, name: 'small.png', contentType: 'image/png', bytes: () => readFile(file) },
      scale,
      format: 'png',
      quality: 90,
    },
    {
      ...setup,
      state,
      signal: new AbortController().signal,
      metric: () => undefined,
      file: (bytes, { name }) => ({ bytes, name }),
    },
  )
  return sharp(bytes).raw().toBuffer()
}

async function enlargeByInterpolation(file: string, scale: number): Promise<Uint8ClampedArray> {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true })
  const small: Raster = { width: info.width, height: info.height, channels: 3, data: new Uint8ClampedArray(data) }
  const large = emptyRaster(small.width * scale, small.height * scale, 3)
  for (const channel of [0, 1, 2]) interpolateChannel(small, channel, scale, large)
  return large.data
}

/** The peak signal-to-noise ratio over the bytes of all colours; a flat picture alone could pass the highest. */
function signalToNoise(enlarged: Uint8Array | Uint8ClampedArray, large: Buffer): number {
  if (enlarged.length !== large.length) throw new RangeError('The pictures differ in size')
  let squares = 0
  for (let index = 0; index < large.length; index += 1) squares += ((enlarged[index] ?? 0) - (large[index] ?? 0)) ** 2
  return Math.min(HIGHEST_RATIO, 10 * Math.log10((255 ** 2 * large.length) / squares))
}

async function measure(place: string, scale: (typeof SCALES)[number]): Promise<Ratios[]> {
  const measured = []
  for (const name of readdirSync(place).filter((name) => name.endsWith('-small.png'))) {
    const small = join(place, name)
    const large = await sharp(small.replace('-small', '-large')).raw().toBuffer()
    measured.push({
      bicubic: signalToNoise(await enlargeByInterpolation(small, scale), large),
      upscaler: signalToNoise(await enlargeByPackage(small, scale), large),
    })
  }
  return measured
}

function printMeans(scale: number, way: string, kind: string, ratios: Ratios[]): void {
  const bicubic = mean(ratios.map((ratio) => ratio.bicubic))
  const upscaler = mean(ratios.map((ratio) => ratio.upscaler))
  const numbers = [bicubic, upscaler, upscaler - bicubic].map((number) => number.toFixed(2))
  process.stdout.write(`| ${[`${scale}x`, way, kind, ...numbers].join(' | ')} |\n`)
}

function mean(numbers: number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}

process.stdout.write('| scale | reduced by | pictures | bicubic, dB | upscaler, dB | gain, dB |\n')
process.stdout.write('| --- | --- | --- | --- | --- | --- |\n')
for (const scale of SCALES) {
  for (const way of readdirSync(join(folder, `${scale}`))) {
    const all = []
    for (const kind of readdirSync(join(folder, `${scale}`, way))) {
      const ratios = await measure(join(folder, `${scale}`, way, kind), scale)
      printMeans(scale, way, kind, ratios)
      all.push(...ratios)
    }
    printMeans(scale, way, 'all', all)
  }
}
