import { Tensor } from 'onnxruntime-common'

/** The types of tensors that numbers can be put into. */
export const NUMERIC: readonly Tensor.Type[] = [
  'float32',
  'float64',
  'float16',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'int64',
  'uint64',
]

/** @throws Error for a type that does not hold numbers */
export function tensorOf(type: Tensor.Type, values: ArrayLike<number>, dims: readonly number[]): Tensor {
  switch (type) {
    case 'float32':
      return new Tensor(type, values instanceof Float32Array ? values : Float32Array.from(values), dims)
    case 'float64':
      return new Tensor(type, Float64Array.from(values), dims)
    case 'float16':
      return new Tensor(type, Array.from(values), dims)
    case 'uint8':
      return new Tensor(type, Uint8Array.from(Uint8ClampedArray.from(values)), dims)
    case 'int8':
      return new Tensor(type, Int8Array.from(values), dims)
    case 'uint16':
      return new Tensor(type, Uint16Array.from(values), dims)
    case 'int16':
      return new Tensor(type, Int16Array.from(values), dims)
    case 'uint32':
      return new Tensor(type, Uint32Array.from(values), dims)
    case 'int32':
      return new Tensor(type, Int32Array.from(values), dims)
    case 'int64':
      return new Tensor(type, BigInt64Array.from(values, BigInt), dims)
    case 'uint64':
      return new Tensor(type, BigUint64Array.from(values, BigInt), dims)
    case 'bool':
      return new Tensor(
        type,
        Uint8Array.from(values, (value) => Number(value !== 0)),
        dims,
      )
    default:
      throw new Error(`A ${type} tensor cannot be made of numbers`)
  }
}

/** Numbers that a graph has given. */
export interface Numbers {
  values: Float32Array | Float64Array
  dims: readonly number[]
}

/** @throws Error for a tensor that does not hold numbers */
export function numbersOf(name: string, { type, data, dims }: Tensor): Numbers {
  if (data instanceof Float32Array || data instanceof Float64Array) return { values: data, dims }
  // Without a type for them, Node 22 has but their bits.
  if (type === 'float16' && data instanceof Uint16Array) throw new Error(`${name} is float16, which needs Node 24`)
  if (!NUMERIC.includes(type) || Array.isArray(data))
    throw new Error(`The graph gave ${name} as ${type}, not as numbers`)
  return { values: Float64Array.from<number | bigint>(data, Number), dims }
}
