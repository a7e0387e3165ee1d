/** Larger results belong in files. */
const OUTPUT_LIMIT = 32 * 2 ** 20
const DEEPEST = 500
const SCALAR_SIZE = 8

/** Keeps count of what one run gives out, and refuses what would not arrive as it was meant. */
export class OutputMeter {
  #size = 0

  /** @throws when there is no JSON for the value, or when the output grows beyond what a server should take */
  add(value: unknown): void {
    this.#measure(value, 'output', 0)
    if (this.#size > OUTPUT_LIMIT) throw new Error(`The output is longer than ${OUTPUT_LIMIT} characters of JSON`)
  }

  #measure(value: unknown, path: string, depth: number): void {
    switch (typeof value) {
      case 'string':
        this.#size += value.length
        return
      case 'number':
        if (!Number.isFinite(value)) throw noJson(path, `is ${value}`)
        this.#size += SCALAR_SIZE
        return
      case 'boolean':
      case 'undefined':
        this.#size += SCALAR_SIZE
        return
      case 'object':
        return this.#measureObject(value, path, depth)
      default:
        throw noJson(path, `is a ${typeof value}`)
    }
  }

  #measureObject(value: object | null, path: string, depth: number): void {
    this.#size += SCALAR_SIZE
    if (value === null || 'toJSON' in value) return
    if (depth === DEEPEST) throw noJson(path, `nests deeper than ${DEEPEST} levels`)
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) this.#measure(item, `${path}.${index}`, depth + 1)
      return
    }
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null)
      throw noJson(path, `is a ${value.constructor.name}; give a plain object or an array`)
    for (const [key, item] of Object.entries(value)) {
      this.#size += key.length
      this.#measure(item, `${path}.${key}`, depth + 1)
    }
  }
}

function noJson(path: string, fault: string): Error {
  return new Error(`The output cannot be written as JSON: ${path} ${fault}`)
}
