import { describe, expect, test } from 'vitest'
import type { TensorPlace } from '../../src/tasks/graph.ts'
import { dimsOf, planFixedPicture, planPicture, rangeOf } from '../../src/tasks/picture-plan.ts'
import type { PictureYaml } from '../../src/tasks/task-yaml.ts'

function place(dims: TensorPlace['dims'], type: TensorPlace['type'] = 'float32'): TensorPlace {
  return { name: 'pixels', type, dims }
}

describe('what a graph wants of a picture follows from its input', () => {
  test.each<{ dims: TensorPlace['dims']; wanted: object }>([
    { dims: [1, 3, 240, 320], wanted: { layout: 'NCHW', channels: 3, height: 240, width: 320, hasBatch: true } },
    { dims: ['n', 240, 320, 3], wanted: { layout: 'NHWC', channels: 3, height: 240, width: 320, hasBatch: true } },
    { dims: [1, 1, 28, 28], wanted: { layout: 'NCHW', channels: 1 } },
    { dims: ['', 28, 28, 1], wanted: { layout: 'NHWC', channels: 1 } },
    { dims: [3, 32, 32], wanted: { layout: 'NCHW', channels: 3, hasBatch: false } },
    { dims: [32, 32, 3], wanted: { layout: 'NHWC', channels: 3, hasBatch: false } },
    { dims: ['n', 3, 'h', 'w'], wanted: { layout: 'NCHW', channels: 3, height: undefined, width: undefined } },
    { dims: ['n', 'h', 'w', 'channels'], wanted: { layout: 'NHWC', channels: 3 } },
    { dims: ['n', 'num_channels', 'height', 'width'], wanted: { layout: 'NCHW', channels: 3 } },
    { dims: ['', '', '', ''], wanted: { layout: 'NCHW', channels: 3, height: undefined } },
    // Which of the two are the channels nobody can tell; those of PyTorch come first.
    { dims: [1, 3, 224, 3], wanted: { layout: 'NCHW', channels: 3, height: 224, width: 3 } },
  ])('$dims', ({ dims, wanted }) => {
    expect(planPicture(place(dims), {})).toMatchObject(wanted)
  })

  test('floats get values from 0 to 1, and bytes get bytes', () => {
    expect(planPicture(place([1, 3, 8, 8]), {})).toMatchObject({ rescale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] })
    expect(planPicture(place([1, 8, 8, 1], 'uint8'), {})).toMatchObject({ rescale: 1, mean: [0], std: [1] })
  })
})

describe('the settings say what the graph does not', () => {
  test.each<{ yaml: PictureYaml; dims?: TensorPlace['dims']; wanted: object }>([
    { yaml: { layout: 'NHWC' }, dims: ['', '', '', ''], wanted: { layout: 'NHWC', channels: 3 } },
    { yaml: { color: 'gray' }, dims: ['', '', '', ''], wanted: { channels: 1, isBgr: false } },
    { yaml: { color: 'bgr' }, wanted: { channels: 3, isBgr: true } },
    { yaml: { rescale: false }, wanted: { rescale: 1 } },
    { yaml: { rescale: true }, wanted: { rescale: 1 / 255 } },
    { yaml: { rescale: 0.5 }, wanted: { rescale: 0.5 } },
    { yaml: { mean: 0.5, std: [0.1, 0.2, 0.3] }, wanted: { mean: [0.5, 0.5, 0.5], std: [0.1, 0.2, 0.3] } },
    { yaml: { rescale: false, mean: [124, 117, 104] }, wanted: { mean: [124, 117, 104] } },
    { yaml: { size: 96 }, dims: [1, 3, '', ''], wanted: { height: 96, width: 96 } },
    { yaml: { size: [64, 96] }, dims: [1, 3, '', ''], wanted: { height: 64, width: 96 } },
    { yaml: { size: 8 }, wanted: { height: 8, width: 8 } },
    { yaml: { resample: 'lanczos', background: 'black' }, wanted: { resample: 'lanczos', background: 'black' } },
  ])('$yaml', ({ yaml, dims = [1, 3, 8, 8], wanted }) => {
    expect(planPicture(place(dims), yaml)).toMatchObject(wanted)
  })

  test('a picture to classify covers the size that is usual, where graph and settings leave it open', () => {
    const plan = planFixedPicture(place([1, 3, '', '']), { task: 'image-classification' })
    expect(plan).toMatchObject({ height: 224, width: 224, fit: 'cover', cropPct: 1 })
  })
})

describe('what does not go together is refused with what to do', () => {
  test.each<{ yaml?: PictureYaml; dims?: TensorPlace['dims']; type?: TensorPlace['type']; message: string }>([
    { dims: [1, 10], message: 'The input pixels is [1, 10], and a picture needs [n, channels, height, width] or' },
    { dims: [4, 3, 8, 8], message: 'The input pixels takes 4 pictures at a time; export the graph for one' },
    { dims: [1, 4, 8, 8], message: 'The input pixels has 4 channels in the layout NCHW, and a picture has 1' },
    { type: 'string', message: 'The input pixels is string, and a picture is given as one of float32' },
    { yaml: { layout: 'NHWC' }, message: 'The input pixels has 8 channels in the layout NHWC' },
    { yaml: { color: 'gray' }, message: 'color: gray makes 1 channels, but the input pixels has 3' },
    { yaml: { size: 224 }, message: 'size says 224 pixels high, but the input pixels is 8; leave size out' },
    { yaml: { size: [8, 9] }, message: 'size says 9 pixels wide, but the input pixels is 8; leave size out' },
    { yaml: { mean: [0.5] }, message: 'mean has 1 numbers, but the graph takes 3 channels' },
    { yaml: { std: [1, 1, 1, 1] }, message: 'std has 4 numbers, but the graph takes 3 channels' },
    { yaml: { std: 0 }, message: 'std has to be greater than 0' },
    { yaml: { mean: [124, 117, 104] }, message: 'mean is 124, 117, 104, but the values that it is taken from reach' },
    { type: 'uint8', yaml: { mean: 0.5 }, message: 'mean does not go with a graph that takes the bytes of a picture' },
  ])('$message', ({ yaml = {}, dims = [1, 3, 8, 8], type = 'float32', message }) => {
    expect(() => planPicture(place(dims, type), yaml)).toThrow(message)
  })

  test('a part that is cut out goes with a fit that cuts', () => {
    expect(() =>
      planFixedPicture(place([1, 3, 8, 8]), { task: 'image-embedding', fit: 'fill', crop_pct: 0.9 }),
    ).toThrow('crop_pct goes with fit: cover, not with fit: fill')
  })
})

test.each<{ yaml: PictureYaml; range: number[] | undefined }>([
  { yaml: {}, range: [0, 1] },
  { yaml: { rescale: false }, range: [0, 255] },
  { yaml: { mean: 0.5, std: 0.5 }, range: [-1, 1] },
  { yaml: { mean: [0.4, 0.5, 0.6] }, range: undefined },
])('black and white become $range with $yaml', ({ yaml, range }) => {
  const found = rangeOf(planPicture(place([1, 3, 8, 8]), yaml))
  expect(found?.map((value) => value + 0)).toEqual(range)
})

test('a tensor has the dimensions of its layout', () => {
  const size = { height: 2, width: 5 }
  expect(dimsOf({ layout: 'NCHW', hasBatch: true, channels: 3 }, size)).toEqual([1, 3, 2, 5])
  expect(dimsOf({ layout: 'NHWC', hasBatch: false, channels: 1 }, size)).toEqual([2, 5, 1])
})
