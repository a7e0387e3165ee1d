import type { InferenceSession } from 'onnxruntime-common'
import { defineModel } from '../models/define-model.ts'
import type { Graph } from './graph.ts'
import { readLabels } from './labels.ts'
import { tryGraph } from './network.ts'
import type { Activation } from './scores.ts'
import { planColumns, type Row } from './table-columns.ts'
import { planOutcome, settleActivation } from './table-outcome.ts'
import type { TaskYaml } from './task-yaml.ts'

interface State {
  session: InferenceSession
  activation: Activation
}

/** One row of a table in, what the graph says of it out; many at a time where the graph takes any number. */
export async function tabular(dir: string, graph: Graph, yaml: TaskYaml<'tabular'>) {
  const columns = planColumns(graph, yaml)
  const outcome = planOutcome(graph, yaml, await readLabels(dir, yaml))

  async function run({ session, activation }: State, rows: readonly Row[]): Promise<unknown[]> {
    const results = await session.run(columns.feedsOf(rows), [...outcome.fetches])
    return outcome.read(results, rows.length, activation)
  }

  /** A graph that takes some rows at a time gets the same one so often. */
  const repeated = (row: Row) => new Array<Row>(columns.rows ?? 1).fill(row)

  const declared = {
    input: columns.schema,
    output: outcome.schema,

    async setup(ctx: { session(file: string): Promise<InferenceSession> }): Promise<State> {
      const session = await ctx.session(graph.file)
      if (!outcome.needsProbe) return { session, activation: 'none' }
      const feeds = columns.feedsOf(repeated(columns.blank))
      const results = await tryGraph('a row of zeros', () => session.run(feeds, [...outcome.fetches]))
      return { session, activation: settleActivation(outcome, results) }
    },
  }
  if (columns.rows !== undefined)
    return defineModel({
      ...declared,
      async predict(input, ctx) {
        const [output] = await run(ctx.state, repeated(columns.rowOf(input)))
        return output
      },
    })
  return defineModel({
    ...declared,
    predictBatch: (inputs, ctx) => run(ctx.state, inputs.map(columns.rowOf)),
  })
}
