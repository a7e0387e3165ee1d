import { jsonType } from '../json-type.ts'
import { InputFault } from './input-fault.ts'

/** Arrays of arrays, down to the elements of a tensor, or one bare element. */
export class NestedArrays {
  readonly #json: unknown
  readonly #dims: readonly number[]
  readonly #field: string
  /** Indexes of where it is read just now. */
  readonly #path: number[] = []

  /** @param dims lengths that the arrays at each depth should have */
  constructor(json: unknown, dims: readonly number[], field: string) {
    this.#json = json
    this.#dims = dims
    this.#field = field
  }

  /** @throws InputFault for the first array whose length is another, without looking at elements */
  assertEven(value = this.#json, depth = 0): void {
    const length = this.#dims[depth]
    if (length === undefined) return
    if (!Array.isArray(value) || value.length !== length) {
      const first = [this.#field, ...this.#path.slice(0, depth).fill(0)].join('.')
      const given = Array.isArray(value) ? value.length : jsonType(value)
      throw new InputFault(this.#place(depth), `Must be an array of ${length} items, as ${first} is, given: ${given}`)
    }
    if (depth + 1 === this.#dims.length) return
    for (let i = 0; i < length; i++) {
      this.#path[depth] = i
      this.assertEven(value[i], depth + 1)
    }
  }

  /** Visits the elements in order; the place of one is put into words where somebody asks. */
  forEach(visit: (element: unknown, index: number, place: () => string) => void): void {
    const rank = this.#dims.length
    let next = 0
    const place = () => this.#place(rank)
    const path = this.#path
    const enter = (value: unknown, depth: number) => {
      if (!Array.isArray(value)) return visit(value, next++, place)
      for (let i = 0; i < value.length; i++) {
        path[depth] = i
        if (depth + 1 === rank) visit(value[i], next++, place)
        else enter(value[i], depth + 1)
      }
    }
    enter(this.#json, 0)
  }

  #place(depth: number): string {
    return [this.#field, ...this.#path.slice(0, depth)].join('.')
  }
}
