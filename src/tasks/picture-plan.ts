/** What a graph wants of a picture, from its input and the settings. Pure. */
import type { Tensor } from 'onnxruntime-common'
import { shown, sizeAt, type TensorPlace } from './graph.ts'
import type { PictureYaml, TaskYaml } from './task-yaml.ts'

export type Layout = 'NCHW' | 'NHWC'
export type Fit = NonNullable<PictureYaml['fit']>

/** Where a graph is open to any size: what most networks for pictures are trained on. */
const USUAL_SIDE = 224
const TYPES: readonly Tensor.Type[] = ['float32', 'float16', 'float64', 'uint8']

export interface PicturePlan {
  type: Tensor.Type
  layout: Layout
  /** Whether the input has a first dimension for many pictures. */
  hasBatch: boolean
  channels: 1 | 3
  isBgr: boolean
  /** Fixed sizes; undefined where each picture keeps its own. */
  height: number | undefined
  width: number | undefined
  /** What the bytes are multiplied by. */
  rescale: number
  /** For each channel, after that. */
  mean: readonly number[]
  std: readonly number[]
  resample: NonNullable<PictureYaml['resample']>
  background: string
}

/** A plan for pictures that all become equally large. */
export type FixedPlan = PicturePlan & { height: number; width: number; fit: Fit; cropPct: number }

export function planFixedPicture(
  input: TensorPlace,
  yaml: TaskYaml<'image-classification' | 'image-embedding'>,
): FixedPlan {
  const plan = planPicture(input, yaml)
  const { height = USUAL_SIDE, width = USUAL_SIDE } = plan
  const { fit = 'cover', crop_pct: cropPct = 1 } = yaml
  if (cropPct !== 1 && fit !== 'cover') throw new Error(`crop_pct goes with fit: cover, not with fit: ${fit}`)
  return { ...plan, height, width, fit, cropPct }
}

/** @throws Error that names the setting, or says what of the graph is no picture */
export function planPicture(input: TensorPlace, yaml: Omit<PictureYaml, 'fit' | 'crop_pct'>): PicturePlan {
  const { name, type, dims } = input
  if (!TYPES.includes(type))
    throw new Error(`The input ${name} is ${type}, and a picture is given as one of ${TYPES.join(', ')}`)
  const hasBatch = dims.length === 4
  if (!hasBatch && dims.length !== 3)
    throw new Error(
      `The input ${name} is ${shown(dims)}, and a picture needs [n, channels, height, width] or ` +
        `[n, height, width, channels]; name another as input, or write a predict.ts`,
    )
  const batch = hasBatch ? sizeAt(dims, 0) : 1
  if (batch !== undefined && batch !== 1)
    throw new Error(`The input ${name} takes ${batch} pictures at a time; export the graph for one, or for any number`)
  const sides = dims.slice(-3)
  const layout = yaml.layout ?? guessLayout(sides)
  const [channelSize, height, width] =
    layout === 'NCHW' ? [sides[0], sides[1], sides[2]] : [sides[2], sides[0], sides[1]]
  const channels = channelsOf(name, channelSize, layout, yaml.color)
  const size = sizeOf(yaml.size)
  return {
    type,
    layout,
    hasBatch,
    channels,
    isBgr: yaml.color === 'bgr',
    height: agreed(name, 'high', height, size?.height),
    width: agreed(name, 'wide', width, size?.width),
    ...scaleOf(type, channels, yaml),
    resample: yaml.resample ?? 'bilinear',
    background: yaml.background ?? 'white',
  }
}

/** One or three channels stand where the size says so, or the name of a free one; else they come first. */
function guessLayout([first, , last]: readonly (number | string)[]): Layout {
  const areChannels = (size: number | string | undefined) =>
    size === 1 || size === 3 || (typeof size === 'string' && /chan|^c$/i.test(size))
  return areChannels(last) && !areChannels(first) ? 'NHWC' : 'NCHW'
}

function channelsOf(
  name: string,
  size: number | string | undefined,
  layout: Layout,
  color: PictureYaml['color'],
): 1 | 3 {
  const wanted = color === undefined ? undefined : color === 'gray' ? 1 : 3
  const channels = typeof size === 'number' ? size : (wanted ?? 3)
  if (channels !== 1 && channels !== 3)
    throw new Error(
      `The input ${name} has ${channels} channels in the layout ${layout}, and a picture has 1 (gray) or 3; ` +
        `set layout to ${layout === 'NCHW' ? 'NHWC' : 'NCHW'} if they stand elsewhere, or write a predict.ts`,
    )
  if (wanted !== undefined && wanted !== channels)
    throw new Error(`color: ${color} makes ${wanted} channels, but the input ${name} has ${channels}`)
  return channels
}

function sizeOf(size: PictureYaml['size']): { height: number; width: number } | undefined {
  if (size === undefined) return
  if (typeof size === 'number') return { height: size, width: size }
  const [height, width] = size
  return { height, width }
}

function agreed(name: string, way: string, inGraph: unknown, setting: number | undefined): number | undefined {
  if (typeof inGraph !== 'number') return setting
  if (setting !== undefined && setting !== inGraph)
    throw new Error(`size says ${setting} pixels ${way}, but the input ${name} is ${inGraph}; leave size out`)
  return inGraph
}

function scaleOf(
  type: Tensor.Type,
  channels: number,
  yaml: Pick<PictureYaml, 'rescale' | 'mean' | 'std'>,
): Pick<PicturePlan, 'rescale' | 'mean' | 'std'> {
  if (type === 'uint8') {
    const without = (['rescale', 'mean', 'std'] as const).find((setting) => yaml[setting] !== undefined)
    if (without !== undefined && yaml[without] !== false)
      throw new Error(`${without} does not go with a graph that takes the bytes of a picture (uint8); leave it out`)
    return { rescale: 1, mean: zeros(channels), std: ones(channels) }
  }
  const rescale = yaml.rescale === false ? 1 : typeof yaml.rescale === 'number' ? yaml.rescale : 1 / 255
  const mean = forEach('mean', yaml.mean ?? 0, channels)
  const std = forEach('std', yaml.std ?? 1, channels)
  if (std.some((value) => value <= 0)) throw new Error('std has to be greater than 0')
  if (rescale < 1 && mean.some((value) => Math.abs(value) > 255 * rescale))
    throw new Error(
      `mean is ${mean.join(', ')}, but the values that it is taken from reach from 0 to ${255 * rescale}: divide ` +
        'mean and std by 255, or set rescale: false',
    )
  return { rescale, mean, std }
}

function forEach(setting: string, value: number | number[], channels: number): number[] {
  if (typeof value === 'number') return new Array<number>(channels).fill(value)
  if (value.length !== channels)
    throw new Error(`${setting} has ${value.length} numbers, but the graph takes ${channels} channels`)
  return value
}

const zeros = (count: number) => new Array<number>(count).fill(0)
const ones = (count: number) => new Array<number>(count).fill(1)

/** What black and white become, where that is the same for every channel. */
export function rangeOf({ rescale, mean, std }: PicturePlan): [black: number, white: number] | undefined {
  const [firstMean = 0, firstStd = 1] = [mean[0], std[0]]
  if (mean.some((value) => value !== firstMean) || std.some((value) => value !== firstStd)) return
  return [-firstMean / firstStd, (255 * rescale - firstMean) / firstStd]
}

/** The dimensions of the tensor that holds a picture. */
export function dimsOf(
  { layout, hasBatch, channels }: Pick<PicturePlan, 'layout' | 'hasBatch' | 'channels'>,
  { height, width }: { height: number; width: number },
): number[] {
  const sides = layout === 'NCHW' ? [channels, height, width] : [height, width, channels]
  return hasBatch ? [1, ...sides] : sides
}
