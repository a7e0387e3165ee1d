import { defineModel, Type } from '../models/define-model.ts'
import { rank, readClasses, scoresOutput, settleActivation, topKInput } from './classes.ts'
import { type Graph, pickOutput } from './graph.ts'
import { runGraph, tryGraph } from './network.ts'
import type { TaskYaml } from './task-yaml.ts'
import { readEncoder } from './text-encoder.ts'
import { encodeText, textInput } from './text-input.ts'
import { planText, textFeeds } from './text-plan.ts'

/** Tokens of the text that a graph is tried on: as many as a sentence has. */
const PROBE_LENGTH = 16

/** A text in, its labels out. */
export async function textClassification(dir: string, graph: Graph, yaml: TaskYaml<'text-classification'>) {
  const encoder = await readEncoder(dir, yaml)
  const plan = planText(graph, yaml, encoder)
  const output = pickOutput(graph, yaml)
  const wiring = { output, constants: plan.constants }
  const classes = await readClasses(dir, yaml, output)
  return defineModel({
    input: Type.Object({ text: textInput('The text to label'), top_k: topKInput(classes) }),
    output: scoresOutput(classes),

    async setup(ctx) {
      const session = await ctx.session(graph.file)
      // A token that every tokenizer has, whatever its words.
      const text = new Array<number>(PROBE_LENGTH).fill(plan.padId)
      const { feeds } = textFeeds({ before: [], text, after: [] }, plan)
      const probe = await tryGraph('an empty text', () => runGraph(session, wiring, feeds))
      return { session, activation: settleActivation(classes, output.name, probe) }
    },

    async predict({ text, top_k }, ctx) {
      const { session, activation } = ctx.state
      const { feeds } = encodeText(text, encoder, plan, ctx.log)
      const { values } = await runGraph(session, wiring, feeds)
      return rank(classes, output.name, values, activation, top_k)
    },
  })
}
