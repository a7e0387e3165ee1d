import { describe, expect, test } from 'vitest'
import { type PicturePlan, planPicture } from '../../src/tasks/picture-plan.ts'
import { type Raster, toRaster, toValues } from '../../src/tasks/pixels.ts'
import type { PictureYaml } from '../../src/tasks/task-yaml.ts'

/** Red, and a dark violet. */
const RASTER: Raster = { width: 2, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0, 51, 0, 102) }

function plan(dims: readonly number[], yaml: PictureYaml = {}): PicturePlan {
  return planPicture({ name: 'pixels', type: 'float32', dims }, yaml)
}

test.each<{ what: string; plan: PicturePlan; wanted: number[] }>([
  { what: 'planes', plan: plan([1, 3, 1, 2]), wanted: [1, 0.2, 0, 0, 0, 0.4] },
  { what: 'pixels', plan: plan([1, 1, 2, 3], { layout: 'NHWC' }), wanted: [1, 0, 0, 0.2, 0, 0.4] },
  { what: 'blue first', plan: plan([1, 3, 1, 2], { color: 'bgr' }), wanted: [0, 0.4, 0, 0, 1, 0.2] },
  { what: 'bytes', plan: plan([1, 3, 1, 2], { rescale: false }), wanted: [255, 51, 0, 0, 0, 102] },
  {
    what: 'around zero',
    plan: plan([1, 3, 1, 2], { mean: 0.5, std: [0.5, 0.5, 0.25] }),
    wanted: [1, -0.6, -1, -1, -2, -0.4],
  },
  { what: 'gray', plan: plan([1, 1, 1, 2], { rescale: false }), wanted: [76, 27] },
])('a picture becomes $what', ({ plan, wanted }) => {
  const values = toValues(RASTER, plan)
  expect(values).toHaveLength(wanted.length)
  for (const [index, value] of values.entries()) expect(value).toBeCloseTo(wanted[index] ?? Number.NaN, 6)
})

test('what is gray already keeps every shade', () => {
  const data = Uint8Array.from({ length: 768 }, (_, index) => Math.floor(index / 3))
  const shades = toValues({ width: 256, height: 1, channels: 3, data }, plan([1, 1, 1, 256], { rescale: false }))
  expect(Array.from(shades)).toEqual(Array.from({ length: 256 }, (_, shade) => shade))
})

describe('numbers become a picture', () => {
  test.each<{ what: string; dims: number[]; layout: 'NCHW' | 'NHWC'; values: number[]; wanted: object }>([
    {
      what: 'of planes',
      dims: [1, 3, 1, 2],
      layout: 'NCHW',
      values: [1, 0.2, 0, 0, 0, 0.4],
      wanted: { width: 2, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0, 51, 0, 102) },
    },
    {
      what: 'of pixels without a batch',
      dims: [1, 2, 3],
      layout: 'NHWC',
      values: [1, 0, 0, 0.2, 0, 0.4],
      wanted: { width: 2, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0, 51, 0, 102) },
    },
    {
      what: 'of one gray plane, with what is too dark, too bright or no number',
      dims: [1, 2, 2],
      layout: 'NCHW',
      values: [-3, 0.5, 7, Number.NaN],
      wanted: { width: 2, height: 2, channels: 1, data: Uint8Array.of(0, 128, 255, 0) },
    },
  ])('$what', ({ dims, layout, values, wanted }) => {
    expect(toRaster({ values: Float32Array.from(values), dims }, layout, false, [0, 1])).toEqual(wanted)
  })

  test('on any scale, and with blue first', () => {
    const numbers = { values: Float32Array.of(-1, 0, 1), dims: [1, 3, 1, 1] }
    expect(toRaster(numbers, 'NCHW', true, [-1, 1]).data).toEqual(Uint8Array.of(255, 128, 0))
  })

  test.each([
    { dims: [2, 3, 1, 1], count: 6 },
    { dims: [1, 2, 1, 1], count: 2 },
    { dims: [1, 10], count: 10 },
    { dims: [1, 1, 3, 1, 1], count: 3 },
  ])('but not of the shape $dims', ({ dims, count }) => {
    expect(() => toRaster({ values: new Float32Array(count), dims }, 'NCHW', false, [0, 1])).toThrow(
      /^The graph gave \[.*\], which is no picture in the layout NCHW$/,
    )
  })
})
