import type { JsonPath } from '../json-path.ts'
import { LocalFile } from './input-files.ts'
import { ModelFile } from './model-file.ts'

/** Larger results belong in files. */
const OUTPUT_LIMIT = 32 * 2 ** 20
const DEEPEST = 500
const SCALAR_SIZE = 8

export interface FoundFile {
  path: JsonPath
  file: ModelFile
}

/** Keeps count of what one run gives out, and refuses what would not arrive as it was meant. */
export class OutputMeter {
  #size = 0
  #path: (string | number)[] = []
  #found: FoundFile[] = []

  /**
   * Adds a value and returns the files that stand in it.
   * @throws when there is no JSON for the value, or when the output grows beyond what a server should take
   */
  add(value: unknown): FoundFile[] {
    this.#path = []
    this.#found = []
    this.#measure(value)
    assertSize(this.#size)
    return this.#found
  }

  #measure(value: unknown): void {
    switch (typeof value) {
      case 'string':
        this.#size += value.length
        return
      case 'number':
        if (!Number.isFinite(value)) throw this.#noJson(`is ${value}`)
        this.#size += SCALAR_SIZE
        return
      case 'boolean':
      case 'undefined':
        this.#size += SCALAR_SIZE
        return
      case 'object':
        return this.#measureObject(value)
      default:
        throw this.#noJson(`is a ${typeof value}`)
    }
  }

  #measureObject(value: object | null): void {
    this.#size += SCALAR_SIZE
    if (value instanceof ModelFile) {
      this.#found.push({ path: [...this.#path], file: value })
      return
    }
    if (value === null) return
    const hint = hintFor(value)
    if (hint) throw this.#noJson(hint)
    if ('toJSON' in value) return
    if (this.#path.length === DEEPEST) throw this.#noJson(`nests deeper than ${DEEPEST} levels`)
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) this.#measureInside(index, item)
      return
    }
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null)
      throw this.#noJson(`is a ${value.constructor.name}; give a plain object or an array`)
    for (const [key, item] of Object.entries(value)) {
      this.#size += key.length
      this.#measureInside(key, item)
    }
  }

  #measureInside(key: string | number, item: unknown): void {
    this.#path.push(key)
    this.#measure(item)
    this.#path.pop()
  }

  #noJson(fault: string): Error {
    return new Error(`The output cannot be written as JSON: ${['output', ...this.#path].join('.')} ${fault}`)
  }
}

/** @throws for more values and arrays than an output may hold, before they are made */
export function assertValueCount(count: number): void {
  assertSize(count * SCALAR_SIZE)
}

function assertSize(size: number): void {
  if (size > OUTPUT_LIMIT) throw new Error(`The output is longer than ${OUTPUT_LIMIT} characters of JSON`)
}

/** What most likely was meant, where something else than JSON is given out. */
function hintFor(value: object): string | undefined {
  if (value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof Blob)
    return 'is bytes; give them out as a file with ctx.file(bytes, { name })'
  if (value instanceof LocalFile)
    return 'is a file of the input; give it out with ctx.file(await file.bytes(), { name: file.name })'
  if (Symbol.asyncIterator in value || value instanceof Promise)
    return 'comes piece by piece; declare the output as stream(…) or textStream(), or await it'
  return
}
