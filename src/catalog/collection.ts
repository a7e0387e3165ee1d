import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import type { Logger } from 'pino'
import { parse } from 'yaml'
import { errorCode } from '../error-code.ts'
import { AppError, messageOf } from '../errors.ts'
import { describeErrors } from '../field-errors.ts'
import { schemaValidator } from '../json-schema.ts'

const LARGEST_BYTES = 2 ** 20

const Collection = Type.Object(
  {
    slug: Type.String({ pattern: '^[a-z0-9]+(-[a-z0-9]+)*$' }),
    name: Type.String(),
    description: Type.String(),
    /** Markdown. */
    full_description: Type.Optional(Type.String()),
    /** `owner/name`, in the order in which they are shown. */
    models: Type.Array(Type.String()),
  },
  { additionalProperties: false },
)

/** Models that belong together, as the operator says in collections.yaml. */
export type Collection = Static<typeof Collection>

const errorsOf = schemaValidator(Type.Array(Collection))

/** @throws AppError `invalid` that says what is wrong in the file */
export function parseCollections(text: string): Collection[] {
  let content: unknown
  try {
    content = parse(text) ?? []
  } catch (error) {
    throw new AppError('invalid', `it is not valid YAML: ${messageOf(error)}`)
  }
  const errors = errorsOf(content)
  if (errors.length === 0) return content as Collection[]
  throw new AppError('invalid', describeErrors(errors))
}

interface KnownFile {
  seen: string
  collections: Collection[]
}

/** The collections.yaml of each folder of packages, read again when it has changed. */
export class CollectionFiles {
  readonly #paths: readonly string[]
  readonly #log: Logger
  readonly #known = new Map<string, KnownFile>()

  constructor(dirs: readonly string[], log: Logger) {
    this.#paths = dirs.map((dir) => join(dir, 'collections.yaml'))
    this.#log = log
  }

  /** Where two files have a collection of the same slug, the first counts. */
  async list(): Promise<Collection[]> {
    const bySlug = new Map<string, Collection>()
    for (const path of this.#paths)
      for (const collection of await this.#read(path))
        if (!bySlug.has(collection.slug)) bySlug.set(collection.slug, collection)
    return [...bySlug.values()]
  }

  /** What is wrong is logged, and what the file said before goes on to count. */
  async #read(path: string): Promise<Collection[]> {
    const before = this.#known.get(path)
    let seen = before?.seen ?? ''
    try {
      const { mtimeMs, size, ino } = await stat(path)
      seen = `${mtimeMs} ${size} ${ino}`
      if (seen === before?.seen) return before.collections
      if (size > LARGEST_BYTES) throw new AppError('invalid', `it has ${size} bytes; at most ${LARGEST_BYTES} are read`)
      const collections = parseCollections(await readFile(path, 'utf8'))
      this.#known.set(path, { seen, collections })
      return collections
    } catch (error) {
      if (errorCode(error) === 'ENOENT') {
        this.#known.delete(path)
        return []
      }
      this.#log.error({ path, reason: messageOf(error) }, 'the collections cannot be read')
      const collections = before?.collections ?? []
      this.#known.set(path, { seen, collections })
      return collections
    }
  }
}
