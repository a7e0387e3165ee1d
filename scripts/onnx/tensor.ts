import type { TensorProto, ValueInfoProto } from './messages.ts'

/** Types of elements, as onnxruntime names them, with their numbers in ONNX. */
const ELEMENT_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
  int4: 22,
}

export type ElementType = keyof typeof ELEMENT_TYPES

/**
 * What a graph takes or gives.
 * @param dims sizes, and names such as `batch` for those that are open
 */
export function value(name: string, type: ElementType, dims: readonly (number | string)[]): ValueInfoProto {
  const dim = dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }))
  return { name, type: { tensorType: { elemType: ELEMENT_TYPES[type], shape: { dim } } } }
}

export function float32(name: string, dims: readonly number[], values: ArrayLike<number>): TensorProto {
  return raw(name, 'float32', dims, values instanceof Float32Array ? values : Float32Array.from(values))
}

export function int32(name: string, dims: readonly number[], values: readonly number[]): TensorProto {
  return raw(name, 'int32', dims, Int32Array.from(values))
}

export function int64(name: string, dims: readonly number[], values: readonly number[]): TensorProto {
  return raw(name, 'int64', dims, BigInt64Array.from(values, BigInt))
}

export function bool(name: string, dims: readonly number[], values: readonly boolean[]): TensorProto {
  return raw(name, 'bool', dims, Uint8Array.from(values, Number))
}

export function strings(name: string, dims: readonly number[], values: readonly string[]): TensorProto {
  assertCount(name, dims, values.length)
  const stringData = values.map((text) => Buffer.from(text))
  return { name, dims, dataType: ELEMENT_TYPES.string, stringData }
}

type RawArray = Float32Array | Int32Array | BigInt64Array | Uint8Array

function raw(name: string, type: ElementType, dims: readonly number[], values: RawArray): TensorProto {
  assertCount(name, dims, values.length)
  const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  return { name, dims, dataType: ELEMENT_TYPES[type], rawData }
}

export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1)
}

function assertCount(name: string, dims: readonly number[], count: number): void {
  if (elementCount(dims) !== count) throw new Error(`${name} is [${dims.join(', ')}] and cannot hold ${count} values`)
}
