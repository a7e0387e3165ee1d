import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isRecord } from '../is-record.ts'
import type { Definition } from './definition.ts'
import type { Signature } from './protocol.ts'
import { findTrainEntry } from './train-entry.ts'
import { writePackage } from './write-package.ts'

/** Says how a package is trained; null where it cannot be. @throws when its code exports something else than a training */
export async function findTraining(dir: string): Promise<Signature['training']> {
  const entry = findTrainEntry(dir)
  if (entry === undefined) return null
  const { default: exported }: { default?: unknown } = await import(pathToFileURL(join(dir, entry)).href)
  const { input } = trainingDefinition(exported, entry)
  return { entry, input }
}

/**
 * A training as something that can be run: its result goes to the folder of the run, and the output tells nothing of it.
 * @throws when the default export of a file is not a training
 */
export function trainingDefinition(value: unknown, entry: string): Definition {
  if (!isRecord(value))
    throw new Error(`${entry} has no default export; write \`export default defineTraining({ … })\``)
  const { input, train } = value
  if (!isRecord(input) || !hasSchemas(input)) throw new Error(`${entry}: input must be Type.Object({ … })`)
  if (typeof train !== 'function') throw new Error(`${entry}: train must be a function`)
  return {
    input,
    output: {},
    predict: (given, { path, session, log, signal, metric }) => train(given, { path, session, log, signal, metric }),
    async keep(files, { folder, signal }) {
      await writePackage(files, folder, signal)
      return null
    },
  }
}

function hasSchemas(input: Record<string, unknown>): input is Definition['input'] {
  return isRecord(input.properties) && Object.values(input.properties).every(isRecord)
}
