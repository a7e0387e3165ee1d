import type { Tensor } from 'onnxruntime-common'
import { isRecord } from '../is-record.ts'
import { jsonType } from '../json-type.ts'
import { type Declaration, describeShape, describeTensor, elementCount, fits } from './declaration.ts'
import { type ElementType, findElementType } from './element-type.ts'
import { InputFault } from './input-fault.ts'
import { NestedArrays } from './nested-arrays.ts'

/** No graph has as many; what is nested much deeper could not be given out again. */
const MOST_DIMENSIONS = 64

/**
 * Makes a tensor of nested arrays of its elements, of `{ shape, data }` with the elements in one array, or of one bare
 * element.
 * @throws InputFault that names the place
 */
export function parseTensor(json: unknown, declared: Declaration): Tensor {
  const field = `input.${declared.name}`
  const type = findElementType(declared.type)
  if (!type) throw new InputFault(field, `onnxruntime-node takes no tensors of ${declared.type}`)
  return isRecord(json) ? parseFlat(json, field, declared, type) : parseNested(json, field, declared, type)
}

function parseFlat(
  { shape, data }: Record<string, unknown>,
  field: string,
  declared: Declaration,
  type: ElementType,
): Tensor {
  if (!isShape(shape)) throw new InputFault(`${field}.shape`, 'Must be an array of sizes, which are integers from 0')
  if (!Array.isArray(data))
    throw new InputFault(`${field}.data`, `Invalid type. Expected: array, given: ${jsonType(data)}`)
  assertFits(shape, field, declared, `shape ${describeShape(shape)}`)
  const count = elementCount(shape)
  if (count !== data.length)
    throw new InputFault(
      `${field}.data`,
      `Must have ${count} items for the shape ${describeShape(shape)}, given: ${data.length}`,
    )
  const elements = type.begin(count)
  for (const [index, item] of data.entries())
    if (!elements.put(index, item)) throw new InputFault(`${field}.data.${index}`, type.fault(item))
  return elements.tensor(shape)
}

function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
}

function parseNested(json: unknown, field: string, declared: Declaration, type: ElementType): Tensor {
  const dims = dimsOf(json, field, declared)
  assertFits(dims, field, declared, dims.length === 0 ? jsonType(json) : `shape ${describeShape(dims)}`)
  const arrays = new NestedArrays(json, dims, field)
  // Before there is room for all: where lengths differ, the first arrays may promise far more than there is.
  arrays.assertEven()
  const elements = type.begin(elementCount(dims))
  arrays.forEach((element, index, place) => {
    if (!elements.put(index, element)) throw new InputFault(place(), type.fault(element))
  })
  return elements.tensor(dims)
}

/** Sizes as the first arrays at each depth have them. */
function dimsOf(json: unknown, field: string, { shape }: Declaration): number[] {
  const dims: number[] = []
  for (let value = json; Array.isArray(value) && dims.length <= MOST_DIMENSIONS; value = value[0])
    dims.push(value.length)
  if (dims.at(-1) !== 0) return dims
  for (const size of shape.slice(dims.length)) {
    if (typeof size === 'string')
      throw new InputFault(field, 'An empty array does not tell all sizes: send {"shape": […], "data": []}')
    dims.push(size)
  }
  return dims
}

/** @param given what came, in words */
function assertFits(dims: readonly number[], field: string, declared: Declaration, given: string): void {
  if (dims.length > MOST_DIMENSIONS)
    throw new InputFault(field, `Must have at most ${MOST_DIMENSIONS} dimensions, given: ${dims.length} or more`)
  if (!fits(dims, declared))
    throw new InputFault(field, `Invalid shape. Expected: ${describeTensor(declared)}, given: ${given}`)
}
