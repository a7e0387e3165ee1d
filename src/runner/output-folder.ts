import { join } from 'node:path'
import { makeFolderDurably, writeDurably } from '../durable-file.ts'
import { isRecord } from '../is-record.ts'
import type { FoundFile } from './json-output.ts'
import { ModelFile } from './model-file.ts'
import type { OutputFile } from './protocol.ts'

/** What one run may give out: bounds against a model that never stops. */
const MOST_FILES = 1_000
const MOST_BYTES = 4 * 2 ** 30

type WrittenFile = Omit<OutputFile, 'path'>

/** The files that one run gives out, written to the folder of its prediction before anybody hears of them. */
export class OutputFolder {
  readonly #dir: string
  readonly #signal: AbortSignal
  /** A file that is given out twice is written once. */
  readonly #stored = new Map<ModelFile, WrittenFile>()
  #bytes = 0

  /** @param signal of the run: once it is aborted the folder is gone, and nothing more is written */
  constructor(dir: string, signal: AbortSignal) {
    this.#dir = dir
    this.#signal = signal
  }

  /** Writes the files found in a value and returns the value as JSON, with null in their places. */
  async store(value: unknown, found: readonly FoundFile[]): Promise<{ value: unknown; files: OutputFile[] }> {
    if (found.length === 0) return { value, files: [] }
    const files: OutputFile[] = []
    for (const { path, file } of found) {
      const stored = this.#stored.get(file) ?? (await this.#write(file))
      files.push({ path, ...stored })
    }
    return { value: withoutFiles(value), files }
  }

  async #write(file: ModelFile): Promise<WrittenFile> {
    const { bytes, type } = file
    this.#bytes += bytes.length
    if (this.#stored.size === MOST_FILES) throw new Error(`The output holds more than ${MOST_FILES} files`)
    if (this.#bytes > MOST_BYTES)
      throw new Error(`The files of the output are larger than ${MOST_BYTES} bytes together`)
    // Loaded when there is a file: most models never give one out.
    const [{ contentTypeOf }, { tidyFileName }] = await Promise.all([
      import('../files/content-type.ts'),
      import('../files/tidy-file-name.ts'),
    ])
    const name = tidyFileName(file.name)
    const stored: WrittenFile = {
      file: `output-${this.#stored.size}`,
      name,
      contentType: '',
      size: bytes.length,
    }
    this.#signal.throwIfAborted()
    if (this.#stored.size === 0) await makeFolderDurably(this.#dir)
    const path = join(this.#dir, stored.file)
    await writeDurably(path, bytes)
    stored.contentType = await contentTypeOf(path, { name, given: type })
    this.#stored.set(file, stored)
    return stored
  }
}

function withoutFiles(value: unknown): unknown {
  if (value instanceof ModelFile) return null
  if (Array.isArray(value)) return value.map(withoutFiles)
  if (!isRecord(value) || 'toJSON' in value) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutFiles(item)]))
}
