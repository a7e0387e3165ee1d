import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type JsonPath, withValues } from '../json-path.ts'
import type { FileInput } from '../models/define-model.ts'
import type { InputFile, RunRequest } from './protocol.ts'

/** A file of an input, in the folder of its prediction. */
export class LocalFile implements FileInput {
  readonly path: string
  readonly name: string
  readonly contentType: string

  constructor(path: string, { name, contentType }: { name: string; contentType: string }) {
    this.path = path
    this.name = name
    this.contentType = contentType
  }

  bytes(): Promise<Uint8Array> {
    return readFile(this.path)
  }
}

/** The input as the model gets it: with what lies in the folder of the prediction in its place. */
export async function completeInput(
  { input, inputFiles }: RunRequest,
  dir: string,
): Promise<Readonly<Record<string, unknown>>> {
  if (inputFiles.length === 0) return input
  const values = await Promise.all(
    inputFiles.map(async (stored): Promise<[JsonPath, unknown]> => [stored.path, await valueFor(stored, dir)]),
  )
  return withValues(input, values)
}

async function valueFor({ file, as }: InputFile, dir: string): Promise<unknown> {
  const path = join(dir, file)
  return as.type === 'file' ? new LocalFile(path, as) : JSON.parse(await readFile(path, 'utf8'))
}
