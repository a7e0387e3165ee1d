import { assertDefinition, type Definition } from '../runner/definition.ts'
import type { Graph } from './graph.ts'
import { readGraph } from './read-graph.ts'
import type { TaskYaml } from './task-yaml.ts'

/**
 * Makes of a graph and the settings of its task what can be run.
 * @param graph file of the package
 * @throws Error when graph, settings and files of the package do not go together
 */
export async function openTask(dir: string, graph: string, yaml: TaskYaml): Promise<Definition> {
  const definition = await define(dir, await readGraph(dir, graph), yaml)
  assertDefinition(definition, `task ${yaml.task}`)
  return definition
}

/** Imports the one that is asked for, and no libraries of the others. */
async function define(dir: string, graph: Graph, yaml: TaskYaml): Promise<unknown> {
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
