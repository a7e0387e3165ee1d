import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { assertDefinition, type Definition } from './definition.ts'
import type { PackageLocation } from './protocol.ts'
import { isTrainEntry } from './train-entry.ts'
import { trainingDefinition } from './training.ts'

/** Reads what a package runs. @throws when its code cannot be imported, or exports something else than a model */
export async function openDefinition({ dir, entry }: PackageLocation): Promise<Definition> {
  const { default: definition }: { default?: unknown } = await import(pathToFileURL(join(dir, entry)).href)
  if (isTrainEntry(entry)) return trainingDefinition(definition, entry)
  assertDefinition(definition, entry)
  return definition
}
