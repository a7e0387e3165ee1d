import { existsSync } from 'node:fs'
import { extname, join } from 'node:path'
import { isRecord } from '../is-record.ts'
import { parseJson, readText } from './package-file.ts'
import type { ClassesYaml } from './task-yaml.ts'

/** Where labels lie that model.yaml does not mention. */
const USUAL_FILES = ['labels.txt', 'labels.json']
const MOST_LABELS = 100_000

/** The labels of a package: from model.yaml, or the file that it names, or one that is called as usual. */
export async function readLabels(dir: string, { labels }: ClassesYaml): Promise<string[] | undefined> {
  if (Array.isArray(labels)) return labels.map(String)
  const file = labels ?? USUAL_FILES.find((usual) => existsSync(join(dir, usual)))
  return file === undefined ? undefined : parseLabels(await readText(dir, file, 'labels'), file)
}

/**
 * One label a line, or JSON: a list, or an object of indices and labels.
 * @throws Error that says what is wrong with the file
 */
export function parseLabels(text: string, file: string): string[] {
  const labels = extname(file) === '.json' ? labelsOf(parseJson(text, file), file) : linesOf(text)
  if (labels.length === 0) throw new Error(`labels: ${file} holds none`)
  if (labels.length > MOST_LABELS) throw new Error(`labels: ${file} holds more than ${MOST_LABELS}`)
  return labels
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim())
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1)
}

function labelsOf(content: unknown, file: string): string[] {
  if (Array.isArray(content)) return content.map((label) => labelFrom(label, file))
  if (!isRecord(content)) throw new Error(`labels: ${file} holds neither a list nor an object`)
  // What Hugging Face's config.json calls it.
  if (isRecord(content.id2label)) return labelsOf(content.id2label, file)
  const entries = Object.entries(content)
  const isByLabel = entries.some(([key]) => !/^\d+$/.test(key))
  const byIndex = new Map(
    entries.map(([key, value]) => (isByLabel ? [Number(value), key] : [Number(key), labelFrom(value, file)])),
  )
  return entries.map((_, index) => {
    const label = byIndex.get(index)
    if (label === undefined)
      throw new Error(`labels: ${file} has ${entries.length} labels, but none for ${index}; they count from 0`)
    return label
  })
}

function labelFrom(value: unknown, file: string): string {
  if (typeof value === 'object') throw new Error(`labels: ${file} holds ${JSON.stringify(value)}, which is no label`)
  return String(value)
}
