import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import type { PackageFiles } from 'reprise/model'
import { formatHead, HEAD_FILE, type Head } from './head.ts'

/** What predictions need, unchanged. */
const CODE = ['predict', 'colours', 'features', 'head', 'limits', 'read-picture', 'views']
const NETWORK = 'features.onnx'

/** Longer lists of classes are cut in the description. */
const MOST_LABELS_TOLD = 10

/** The package of a version with another head; its code is of the kind that this file is of, TypeScript or JavaScript. */
export async function packageFiles(head: Head, path: (file: string) => string): Promise<PackageFiles> {
  const ending = extname(import.meta.filename)
  const kept = [...CODE.map((name) => name + ending), NETWORK]
  const files = await Promise.all(
    kept.map(async (file): Promise<[string, Uint8Array]> => [file, await readFile(path(file))]),
  )
  return {
    ...Object.fromEntries(files),
    [HEAD_FILE]: formatHead(head),
    'model.yaml': `description: ${JSON.stringify(describe(head.labels))}\n`,
  }
}

function describe(labels: readonly string[]): string {
  const told = labels.slice(0, MOST_LABELS_TOLD).join(', ')
  const more = labels.length - MOST_LABELS_TOLD
  return `Tells which of ${labels.length} classes a picture belongs to: ${told}${more > 0 ? ` and ${more} more` : ''}.`
}
