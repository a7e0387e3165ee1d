import { readFile } from 'node:fs/promises'
import { errorCode } from '../error-code.ts'
import { type JsonPath, withValues } from '../json-path.ts'
import type { PredictionFolders } from './folders.ts'
import type { Prediction, ServedFile } from './prediction.ts'

/** Decoded bytes of the files that one answer carries inside itself; beyond, all become URLs (rules 7). */
const INLINE_LIMIT = 10_000_000

/** How one answer shows files. */
export interface Manner {
  /** Begins every URL of the answer. */
  origin: string
  /** Whether files stand in the answer itself, as data URIs, as long as they are small. */
  inline: boolean
}

type Replacement = readonly [JsonPath, string]

/** Turns the files of outputs into texts that clients can do something with. */
export class OutputFiles {
  readonly #folders: PredictionFolders

  constructor(folders: PredictionFolders) {
    this.#folders = folders
  }

  /** The output with a URL, or with the file itself as a data URI, wherever a file stands. */
  async complete(p: Prediction, { origin, inline }: Manner): Promise<unknown> {
    const { outputFiles: files } = p
    if (files.length === 0) return p.output
    const inlined = inline && leadingInline(files) === files.length
    const texts: Replacement[] = []
    for (const file of files) texts.push([file.path, await this.#textOf(p.id, file, origin, inlined)])
    return withValues(p.output, texts)
  }

  /**
   * The same for some of the values that a prediction streams.
   * @param from index of the first of them among all
   * @param files of the whole stream, so that each reader finds the same ones inlined
   */
  async completeValues(
    id: string,
    values: readonly unknown[],
    from: number,
    files: readonly ServedFile[],
    { origin, inline }: Manner,
  ): Promise<readonly unknown[]> {
    if (files.length === 0) return values
    const inlined = inline ? leadingInline(files) : 0
    const texts: Replacement[] = []
    for (const [order, file] of files.entries()) {
      const [index, ...rest] = file.path
      const place = Number(index) - from
      if (place < 0 || place >= values.length) continue
      texts.push([[place, ...rest], await this.#textOf(id, file, origin, order < inlined)])
    }
    return withValues(values, texts)
  }

  async #textOf(id: string, file: ServedFile, origin: string, inlined: boolean): Promise<string> {
    const url = fileUrl(origin, id, file)
    if (!inlined) return url
    try {
      const content = await readFile(this.#folders.pathOf(id, file.file), 'base64')
      return `data:${inHeader(file.contentType)};base64,${content}`
    } catch (error) {
      // Its data has been removed since it was looked up.
      if (errorCode(error) === 'ENOENT') return url
      throw error
    }
  }
}

/** A comma would end the header; parameters that hold one are left out. */
function inHeader(contentType: string): string {
  return contentType.includes(',') ? contentType.replace(/\s*;.*$/s, '') : contentType
}

/** Whoever has it may read the file (replicate-api.md 7.4). */
export function fileUrl(origin: string, id: string, { secret, name }: ServedFile): string {
  return `${origin}/v1/outputs/${id}${secret}/${encodeURIComponent(name)}`
}

/** How many files, from the first on, fit into one answer. */
function leadingInline(files: readonly ServedFile[]): number {
  let bytes = 0
  const beyond = files.findIndex(({ size }) => {
    bytes += size
    return bytes > INLINE_LIMIT
  })
  return beyond === -1 ? files.length : beyond
}
