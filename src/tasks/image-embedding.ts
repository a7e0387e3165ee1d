import { defineModel, fileInput, Type } from '../models/define-model.ts'
import { assertEmbeds, embeddingOf, embeddingOutput } from './embedding.ts'
import { type Graph, wire } from './graph.ts'
import { runGraph } from './network.ts'
import { openPicture, readFixed, readOnlyKnownFormats } from './picture-file.ts'
import { dimsOf, planFixedPicture } from './picture-plan.ts'
import { toValues } from './pixels.ts'
import type { TaskYaml } from './task-yaml.ts'
import { tensorOf } from './tensor-of.ts'

/** A picture in, a list of numbers out. */
export function imageEmbedding(graph: Graph, yaml: TaskYaml<'image-embedding'>) {
  const wiring = wire(graph, yaml, 'picture')
  const { input, output } = wiring
  const plan = planFixedPicture(input, yaml)
  assertEmbeds(output, yaml)
  return defineModel({
    input: Type.Object({ image: fileInput({ accept: 'image/*', description: 'The picture to describe in numbers' }) }),
    output: embeddingOutput(output),

    setup(ctx) {
      readOnlyKnownFormats()
      return ctx.session(graph.file)
    },

    async predict({ image }, ctx) {
      const raster = await readFixed(await openPicture(image), plan)
      const tensor = tensorOf(plan.type, toValues(raster, plan), dimsOf(plan, plan))
      return embeddingOf(await runGraph(ctx.state, wiring, { [input.name]: tensor }), yaml)
    },
  })
}
