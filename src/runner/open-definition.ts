import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { assertDefinition, type Definition } from './definition.ts'
import type { PackageLocation } from './protocol.ts'

/** Reads what a package runs. @throws when its code cannot be imported, or exports something else than a model */
export async function openDefinition({ dir, entry }: PackageLocation): Promise<Definition> {
  if (entry.endsWith('.onnx')) return openGraph(dir, entry)
  const { default: definition }: { default?: unknown } = await import(pathToFileURL(join(dir, entry)).href)
  assertDefinition(definition, entry)
  return definition
}

/** Imports what a graph needs only where there is one: most packages have code. */
async function openGraph(dir: string, entry: string): Promise<Definition> {
  const { readModelYaml } = await import('../models/model-yaml.ts')
  const { task } = await readModelYaml(dir)
  if (!task) throw new Error(`${entry} is a graph, and model.yaml names no task for it`)
  const { openTask } = await import('../tasks/open-task.ts')
  return openTask(dir, entry, task)
}
