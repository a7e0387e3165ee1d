// Prints a table of how many fresh pictures the package tells right after a training, beside two simple ways.
// node measure.ts folder, where <kind>/<setting>/<episode>/ holds train/<label>/*.png, test/<label>/*.png and train.zip

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { classifierOf, train } from './package.ts'

type Classify = (picture: string) => Promise<string | undefined>

interface Labelled {
  label: string
  picture: string
}

const [folder = ''] = process.argv.slice(2)
const PIXELS_SIDE = 16
/** Steps of each colour in a histogram. */
const SHADES = 4

function labelled(place: string): Labelled[] {
  return readdirSync(place).flatMap((label) =>
    readdirSync(join(place, label)).map((file) => ({ label, picture: join(place, label, file) })),
  )
}

async function pixelsOf(picture: string): Promise<Float64Array> {
  const pixels = await sharp(picture).resize(PIXELS_SIDE, PIXELS_SIDE).removeAlpha().raw().toBuffer()
  return Float64Array.from(pixels)
}

async function histogramOf(picture: string): Promise<Float64Array> {
  const pixels = await sharp(picture).removeAlpha().raw().toBuffer()
  const histogram = new Float64Array(SHADES ** 3)
  for (let at = 0; at < pixels.length; at += 3) {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(at, at + 3).map((level) => (level * SHADES) >> 8)
    const shade = (red * SHADES + green) * SHADES + blue
    histogram[shade] = (histogram[shade] ?? 0) + 1
  }
  return histogram
}

/** Gives the class whose mean lies nearest. */
async function nearestMean(examples: Labelled[], look: (picture: string) => Promise<Float64Array>): Promise<Classify> {
  const means = new Map<string, Float64Array>()
  for (const label of new Set(examples.map(({ label }) => label))) {
    const own = examples.filter((example) => example.label === label)
    const looks = await Promise.all(own.map(({ picture }) => look(picture)))
    means.set(
      label,
      (looks[0] ?? new Float64Array()).map((_, index) => mean(looks.map((values) => values[index] ?? 0))),
    )
  }
  return async (picture) => {
    const seen = await look(picture)
    const distances = [...means].map(([label, centre]) => ({
      label,
      distance: seen.reduce((sum, value, index) => sum + (value - (centre[index] ?? 0)) ** 2, 0),
    }))
    return distances.sort((some, other) => some.distance - other.distance)[0]?.label
  }
}

async function accuracy(classify: Classify, fresh: Labelled[]): Promise<number> {
  let right = 0
  for (const { label, picture } of fresh) if ((await classify(picture)) === label) right += 1
  return right / fresh.length
}

function mean(numbers: number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`

process.stdout.write(
  '| pictures | classes x pictures | chance | histogram | pixels | classifier | worst of the trials |\n',
)
process.stdout.write('| --- | --- | --- | --- | --- | --- | --- |\n')
for (const kind of readdirSync(folder)) {
  for (const setting of readdirSync(join(folder, kind))) {
    const found = { histogram: [] as number[], pixels: [] as number[], classifier: [] as number[] }
    let classes = 0
    for (const episode of readdirSync(join(folder, kind, setting))) {
      const place = join(folder, kind, setting, episode)
      const [examples, fresh] = [labelled(join(place, 'train')), labelled(join(place, 'test'))]
      classes = readdirSync(join(place, 'train')).length
      found.histogram.push(await accuracy(await nearestMean(examples, histogramOf), fresh))
      found.pixels.push(await accuracy(await nearestMean(examples, pixelsOf), fresh))
      found.classifier.push(await accuracy(await classifierOf(await train(join(place, 'train.zip'))), fresh))
    }
    const { histogram, pixels, classifier } = found
    const shares = [1 / classes, mean(histogram), mean(pixels), mean(classifier), Math.min(...classifier)]
    process.stdout.write(`| ${[kind, setting, ...shares.map(percent)].join(' | ')} |\n`)
  }
}
