import type { InferenceSession } from 'onnxruntime-common'
import type { BatchContext, PredictContext, SetupContext } from '../models/define-model.ts'
import { assertDefinition, type Definition } from '../runner/definition.ts'
import type { Graph } from './graph.ts'
import { graphOf } from './session-graph.ts'
import type { TaskYaml } from './task-yaml.ts'

type Input = Record<string, unknown>

/**
 * Makes of a graph and the settings of its task what can be run. What it takes and gives is known once the graph is
 * loaded, when it is refused if graph, settings and files of the package do not go together.
 * @param file the graph, in the package
 */
export async function openTask(dir: string, file: string, yaml: TaskYaml): Promise<Definition> {
  let loaded: Definition | undefined
  const load = async (ctx: SetupContext) => {
    const session = await ctx.session(file)
    return { session, definition: await define(dir, graphOf(file, session), yaml) }
  }
  const present = () => {
    if (!loaded) throw new Error(`${file} was run before it was loaded`)
    return loaded
  }
  const shared: Definition = {
    input: { type: 'object', properties: {} },
    output: {},
    async inspect(ctx) {
      return (await load(ctx)).definition
    },
    async setup(ctx) {
      const { session, definition } = await load(ctx)
      loaded = definition
      return definition.setup?.({ ...ctx, session: async (): Promise<InferenceSession> => session })
    },
  }
  // Whether the rows of a table can run together depends on the graph, too, and is not known yet.
  if (yaml.task === 'tabular') return { ...shared, predictBatch: (inputs, ctx) => runAll(present(), inputs, ctx) }
  return { ...shared, predict: (input, ctx) => runOne(present(), input, ctx) }
}

function runOne(definition: Definition, input: Input, ctx: PredictContext<unknown>): unknown {
  return definition.predict?.(withDefaultsOf(definition, input), ctx)
}

/** Together where the graph can, else one after the other, each with its own outcome. */
async function runAll(definition: Definition, inputs: Input[], ctx: BatchContext<unknown>): Promise<unknown> {
  if (definition.predictBatch) return definition.predictBatch(inputs, ctx)
  const outputs: unknown[] = []
  for (const [index, input] of inputs.entries()) {
    const member = ctx.members[index]
    if (!member) throw new Error('There is no member for an input of the batch')
    try {
      outputs.push(await runOne(definition, input, { ...ctx, ...member }))
    } catch (error) {
      outputs.push(error instanceof Error ? error : new Error(String(error)))
    }
  }
  return outputs
}

/** The runner could not know them before the graph was loaded. */
function withDefaultsOf({ input: { properties } }: Definition, input: Input): Input {
  const defaults = Object.entries(properties).flatMap(([name, schema]) =>
    'default' in schema ? [[name, schema.default]] : [],
  )
  return { ...Object.fromEntries(defaults), ...input }
}

async function define(dir: string, graph: Graph, yaml: TaskYaml): Promise<Definition> {
  const definition = await defineTask(dir, graph, yaml)
  assertDefinition(definition, `task ${yaml.task}`)
  return definition
}

/** Imports the one that is asked for, and no libraries of the others. */
async function defineTask(dir: string, graph: Graph, yaml: TaskYaml): Promise<unknown> {
  switch (yaml.task) {
    case 'image-classification':
      return (await import('./image-classification.ts')).imageClassification(dir, graph, yaml)
    case 'image-to-image':
      return (await import('./image-to-image.ts')).imageToImage(graph, yaml)
    case 'image-embedding':
      return (await import('./image-embedding.ts')).imageEmbedding(graph, yaml)
    case 'text-classification':
      return (await import('./text-classification.ts')).textClassification(dir, graph, yaml)
    case 'text-embedding':
      return (await import('./text-embedding.ts')).textEmbedding(dir, graph, yaml)
    case 'audio-classification':
      return (await import('./audio-classification.ts')).audioClassification(dir, graph, yaml)
    case 'tabular':
      return (await import('./tabular.ts')).tabular(dir, graph, yaml)
    default:
      return yaml satisfies never
  }
}
