import { parse } from 'node:path'
import { defineModel, fileInput, fileOutput, Type } from '../models/define-model.ts'
import { type Graph, wire } from './graph.ts'
import { runGraph } from './network.ts'
import { encodePng, openPicture, readFramed, readOnlyKnownFormats } from './picture-file.ts'
import { dimsOf, type PicturePlan, planPicture, rangeOf } from './picture-plan.ts'
import { containedIn, type Size, upToMultiple, withinPixels } from './picture-size.ts'
import { toRaster, toValues } from './pixels.ts'
import type { TaskYaml } from './task-yaml.ts'
import { tensorOf } from './tensor-of.ts'

type Yaml = TaskYaml<'image-to-image'>

/** 2048 x 2048: 50 MB of floats going in, and as much coming out, or more where it comes out larger. */
const MOST_PIXELS = 2 ** 22

/** A picture in, a picture out. */
export function imageToImage(graph: Graph, yaml: Yaml) {
  const wiring = wire(graph, yaml, 'picture')
  const { input, output } = wiring
  const plan = planPicture(input, yaml)
  const frameOf = planFrame(plan, yaml)
  const range = rangeFrom(yaml) ?? (output.type === 'uint8' ? [0, 255] : (rangeOf(plan) ?? [0, 1]))
  return defineModel({
    input: Type.Object({ image: fileInput({ accept: 'image/*', description: 'The picture to change' }) }),
    output: fileOutput({ description: 'A PNG picture' }),

    setup(ctx) {
      readOnlyKnownFormats()
      return ctx.session(graph.file)
    },

    async predict({ image }, ctx) {
      const picture = await openPicture(image)
      const { size, frame } = frameOf(picture)
      if (size.width !== picture.width || size.height !== picture.height)
        ctx.log(`${picture.width} x ${picture.height} pixels are scaled to ${size.width} x ${size.height}`)
      const raster = await readFramed(picture, plan, size, frame)
      const tensor = tensorOf(plan.type, toValues(raster, plan), dimsOf(plan, frame))
      const numbers = await runGraph(ctx.state, wiring, { [input.name]: tensor })
      ctx.signal.throwIfAborted()
      const result = toRaster(numbers, plan.layout, plan.isBgr, range)
      const kept = partOf(result, size, frame)
      // What was stretched to fill the frame goes back to its own shape.
      const bytes = await encodePng(result, kept, yaml.fit === 'fill' ? containedIn(picture, kept) : kept)
      return ctx.file(bytes, { name: `${parse(image.name).name || 'picture'}.png`, type: 'image/png' })
    },
  })
}

/** How large a picture becomes, and the frame that the graph takes, in whose top left it lies. */
function planFrame({ height, width }: PicturePlan, yaml: Yaml): (picture: Size) => { size: Size; frame: Size } {
  const { max_pixels: mostPixels = MOST_PIXELS, size_divisor: divisor = 1, fit = 'contain' } = yaml
  if (height !== undefined && width !== undefined) {
    const frame = { height, width }
    const set = (['max_pixels', 'size_divisor'] as const).find((setting) => yaml[setting] !== undefined)
    if (set) throw new Error(`${set} is for graphs that take any size; this one takes ${width} x ${height} pixels`)
    return (picture) => ({ size: fit === 'fill' ? frame : containedIn(picture, frame), frame })
  }
  if (height !== undefined || width !== undefined)
    throw new Error('The graph fixes one side of the picture and not the other: set size to [height, width]')
  if (yaml.fit !== undefined)
    throw new Error('fit is for a fixed size; this graph takes any: set size, or leave fit out')
  return (picture) => {
    const size = withinPixels(picture, mostPixels)
    return { size, frame: upToMultiple(size, divisor) }
  }
}

function rangeFrom({ output_range: range }: Yaml): readonly [number, number] | undefined {
  if (range && range[0] === range[1])
    throw new Error('output_range needs two different numbers: of black, and of white')
  return range
}

/** What of the result stems from the picture, and not from what the frame was filled up with. */
function partOf(result: Size, size: Size, frame: Size): Size {
  const part = (whole: number, share: number) => Math.max(1, Math.round(whole * share))
  return {
    width: part(result.width, size.width / frame.width),
    height: part(result.height, size.height / frame.height),
  }
}
