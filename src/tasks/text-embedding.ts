import { defineModel, Type } from '../models/define-model.ts'
import { assertEmbeds, embeddingOf, embeddingOutput } from './embedding.ts'
import { type Graph, pickOutput } from './graph.ts'
import { runGraph } from './network.ts'
import type { TaskYaml } from './task-yaml.ts'
import { readEncoder } from './text-encoder.ts'
import { encodeText, textInput } from './text-input.ts'
import { planText } from './text-plan.ts'

/** A text in, a list of numbers out. */
export async function textEmbedding(dir: string, graph: Graph, yaml: TaskYaml<'text-embedding'>) {
  const encoder = await readEncoder(dir, yaml)
  const plan = planText(graph, yaml, encoder)
  const output = pickOutput(graph, yaml)
  assertEmbeds(output, yaml)
  return defineModel({
    input: Type.Object({ text: textInput('The text to describe in numbers') }),
    output: embeddingOutput(output),

    setup(ctx) {
      return ctx.session(graph.file)
    },

    async predict({ text }, ctx) {
      const { feeds, counts } = encodeText(text, encoder, plan, ctx.log)
      const numbers = await runGraph(ctx.state, { output, constants: plan.constants }, feeds)
      return embeddingOf(numbers, yaml, counts)
    },
  })
}
