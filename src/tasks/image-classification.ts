import { defineModel, fileInput, Type } from '../models/define-model.ts'
import { rank, readClasses, scoresOutput, settleActivation, topKInput } from './classes.ts'
import { type Graph, wire } from './graph.ts'
import { runGraph, tryGraph } from './network.ts'
import { openPicture, readFixed, readOnlyKnownFormats } from './picture-file.ts'
import { dimsOf, planFixedPicture } from './picture-plan.ts'
import { toValues } from './pixels.ts'
import type { TaskYaml } from './task-yaml.ts'
import { tensorOf } from './tensor-of.ts'

/** A picture in, its labels out. */
export async function imageClassification(dir: string, graph: Graph, yaml: TaskYaml<'image-classification'>) {
  const wiring = wire(graph, yaml, 'picture')
  const { input, output } = wiring
  const plan = planFixedPicture(input, yaml)
  const classes = await readClasses(dir, yaml, output)
  const feed = (values: ArrayLike<number>) => ({ [input.name]: tensorOf(plan.type, values, dimsOf(plan, plan)) })
  return defineModel({
    input: Type.Object({
      image: fileInput({ accept: 'image/*', description: 'The picture to label' }),
      top_k: topKInput(classes),
    }),
    output: scoresOutput(classes),

    async setup(ctx) {
      readOnlyKnownFormats()
      const session = await ctx.session(graph.file)
      const black = new Float32Array(plan.channels * plan.height * plan.width)
      const probe = await tryGraph('a black picture', () => runGraph(session, wiring, feed(black)))
      return { session, activation: settleActivation(classes, output.name, probe) }
    },

    async predict({ image, top_k }, ctx) {
      const { session, activation } = ctx.state
      const raster = await readFixed(await openPicture(image), plan)
      const { values } = await runGraph(session, wiring, feed(toValues(raster, plan)))
      return rank(classes, output.name, values, activation, top_k)
    },
  })
}
