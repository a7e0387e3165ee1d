import { readFile } from 'node:fs/promises'
import { linkOrCopy, syncPath, writeSynced } from '../durable-file.ts'
import { errorCode } from '../error-code.ts'
import { invalidFields } from '../errors.ts'
import { contentTypeOf } from '../files/content-type.ts'
import { type JsonPath, withValues } from '../json-path.ts'
import type { PredictionFolders } from './folders.ts'
import { type InputPart, isRemote, type StoredPart } from './input-part.ts'
import type { InputPlan, PlannedPart } from './input-plan.ts'
import { OWN_FILE_GONE } from './own-files.ts'
import type { Prediction } from './prediction.ts'

/** Writes what a plan takes out of the row, which is something; it is on disk, names included, when this resolves. */
export async function storeParts(id: string, { parts }: InputPlan, folders: PredictionFolders): Promise<InputPart[]> {
  await folders.create(id)
  const stored: InputPart[] = []
  for (const part of parts) stored.push(await storePart(part, folders.pathOf(id, part.file)))
  await syncPath(folders.pathOf(id))
  return stored
}

/** The input as it was sent, as far as its parts are still there. */
export async function inputAsSent(p: Prediction, folders: PredictionFolders): Promise<Prediction['input']> {
  const values: [JsonPath, unknown][] = []
  for (const part of p.inputParts) {
    if (isRemote(part)) continue
    const value = await sentValue(part, folders.pathOf(p.id, part.file))
    if (value !== undefined) values.push([part.path, value])
  }
  return withValues(p.input, values)
}

async function sentValue({ as, cutDataUri }: StoredPart, path: string): Promise<unknown> {
  try {
    if (as.type === 'json') return JSON.parse(await readFile(path, 'utf8'))
    if (cutDataUri !== undefined) return cutDataUri + (await readFile(path, 'base64'))
  } catch (error) {
    // The prediction has ended, or its data was removed, while this was on its way.
    if (errorCode(error) !== 'ENOENT') throw error
  }
}

async function storePart(part: PlannedPart, path: string): Promise<InputPart> {
  const place = { path: part.path, file: part.file }
  switch (part.type) {
    case 'remote':
      return { ...place, url: part.url.href }
    case 'own': {
      const { name, contentType, size } = part.own
      await linkOwn(part.own.path, path, part.path)
      return { ...place, size, as: { type: 'file', name, contentType }, linked: true }
    }
    case 'data': {
      const { data, cutDataUri } = part
      await writeSynced(path, data.bytes)
      const contentType = await contentTypeOf(path, { name: '', given: data.contentType })
      const name = await nameFor(part.path, contentType)
      const stored = { ...place, size: data.bytes.length, as: { type: 'file' as const, name, contentType } }
      return cutDataUri === undefined ? stored : { ...stored, cutDataUri }
    }
    case 'json': {
      const text = Buffer.from(JSON.stringify(part.value))
      await writeSynced(path, text)
      return { ...place, size: text.length, as: { type: 'json' } }
    }
    default:
      return part satisfies never
  }
}

/** @throws AppError `invalid` when the file has gone since it was looked up */
async function linkOwn(from: string, to: string, place: JsonPath): Promise<void> {
  try {
    await linkOrCopy(from, to)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    throw invalidFields([{ type: 'format', field: ['input', ...place].join('.'), description: OWN_FILE_GONE }])
  }
}

/** A data URI has no name of its own; one that ends as its type usually does helps models that look at it. */
async function nameFor(path: JsonPath, contentType: string): Promise<string> {
  const { default: mime } = await import('mime')
  return [path.join('-'), mime.getExtension(contentType) ?? 'bin'].join('.')
}
