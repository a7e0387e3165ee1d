import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { assertDefinition, type Definition } from './definition.ts'
import type { PackageLocation } from './protocol.ts'
import { isTrainEntry } from './train-entry.ts'
import { trainingDefinition } from './training.ts'

/** Finds what a package runs. @throws when there is code that cannot be imported, or that exports something else */
export async function openDefinition(location: PackageLocation): Promise<Definition> {
  return /\.(onnx|ort)$/.test(location.entry) ? openGraph(location) : openCode(location)
}

/** A graph without code. Loaded only where there is one: most packages have no use for it. */
async function openGraph({ dir, entry }: PackageLocation): Promise<Definition> {
  const { readModelYaml } = await import('../models/model-yaml.ts')
  const { task } = await readModelYaml(dir)
  if (task) {
    const { openTask } = await import('../tasks/open-task.ts')
    return openTask(dir, entry, task)
  }
  const { graphDefinition } = await import('./graph-model.ts')
  return graphDefinition(entry)
}

async function openCode({ dir, entry }: PackageLocation): Promise<Definition> {
  const { default: definition }: { default?: unknown } = await import(pathToFileURL(join(dir, entry)).href)
  if (isTrainEntry(entry)) return trainingDefinition(definition, entry)
  assertDefinition(definition, entry)
  return definition
}
