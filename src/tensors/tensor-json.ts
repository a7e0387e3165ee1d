import type { Tensor } from 'onnxruntime-common'
import { findElementType, type Scalar } from './element-type.ts'

type TensorJson = Scalar | readonly TensorJson[] | { shape: readonly number[]; data: readonly Scalar[] }

/**
 * The tensor as nested arrays, or as a bare element where it has no dimensions. What has no elements is written as
 * `{ shape, data }`, because arrays cannot tell its shape.
 */
export function tensorToJson({ type, dims, data }: Pick<Tensor, 'type' | 'dims' | 'data'>): TensorJson {
  if (dims.includes(0)) return { shape: [...dims], data: [] }
  const element = findElementType(type)
  if (!element) throw new Error(`There is no JSON for tensors of ${type}`)
  const elements: ArrayLike<number | bigint | string> = type === 'float16' ? halvesOf(data) : data
  let next = 0
  const write = (depth: number): TensorJson => {
    const length = dims[depth]
    if (length === undefined) return element.toJson(elements[next++] ?? 0)
    const items = new Array<TensorJson>(length)
    for (let i = 0; i < length; i++) items[i] = write(depth + 1)
    return items
  }
  return write(0)
}

/** How many values and arrays the JSON of a tensor holds. */
export function jsonValueCount(dims: readonly number[]): number {
  let [count, sum] = [1, 1]
  for (const size of dims) {
    count *= size
    sum += count
  }
  return sum
}

/** Where it knows no halves, the engine gives their bits. */
function halvesOf(data: Tensor.DataType): ArrayLike<number> {
  const values: unknown = data
  if (values instanceof Float16Array) return values
  if (values instanceof Uint16Array) return new Float16Array(values.buffer, values.byteOffset, values.length)
  throw new Error('The engine gave halves in an unknown form')
}
