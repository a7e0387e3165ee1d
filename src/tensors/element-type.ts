import { Tensor } from 'onnxruntime-common'
import { jsonType } from '../json-type.ts'

export type Scalar = number | string | boolean

/** How the elements of one type of tensors stand in JSON. */
export interface ElementType {
  /** JSON types of an element. */
  readonly jsonTypes: readonly ('number' | 'integer' | 'string' | 'boolean')[]
  /** Room for so many elements, to be filled from JSON. */
  begin(length: number): Elements
  /** Of an element as the engine gives it. */
  toJson(element: number | bigint | string): Scalar
  /** What is wrong with JSON that is no such element. */
  fault(json: unknown): string
}

export interface Elements {
  /** @returns false when the JSON is no such element */
  put(index: number, json: unknown): boolean
  /** To be called once all elements are put. */
  tensor(dims: readonly number[]): Tensor
}

type FloatType = 'float16' | 'float32' | 'float64'
type SmallType = 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32'

/** JSON has no other way to write them. */
const NOT_FINITE = new Map([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((x) => [String(x), x]))
/** No number of 64 bits has more digits; to read many more takes long. */
const DIGITS = /^-?\d{1,20}$/
const LONGEST_SHOWN = 40

/** Types of which the engine takes and gives tensors; of those with less than a byte it returns more than it has room for. */
const ELEMENT_TYPES = new Map<string, ElementType>([
  ['float16', floats('float16', Math.f16round, (length) => storeHalves(new Float16Array(length)))],
  ['float32', floats('float32', Math.fround, (length) => store('float32', new Float32Array(length)))],
  [
    'float64',
    floats(
      'float64',
      (value) => value,
      (length) => store('float64', new Float64Array(length)),
    ),
  ],
  ['int8', integers(-(2 ** 7), 2 ** 7 - 1, (length) => store('int8', new Int8Array(length)))],
  ['uint8', integers(0, 2 ** 8 - 1, (length) => store('uint8', new Uint8Array(length)))],
  ['int16', integers(-(2 ** 15), 2 ** 15 - 1, (length) => store('int16', new Int16Array(length)))],
  ['uint16', integers(0, 2 ** 16 - 1, (length) => store('uint16', new Uint16Array(length)))],
  ['int32', integers(-(2 ** 31), 2 ** 31 - 1, (length) => store('int32', new Int32Array(length)))],
  ['uint32', integers(0, 2 ** 32 - 1, (length) => store('uint32', new Uint32Array(length)))],
  ['int64', longs(-(2n ** 63n), 2n ** 63n - 1n, (length) => storeLongs('int64', new BigInt64Array(length)))],
  ['uint64', longs(0n, 2n ** 64n - 1n, (length) => storeLongs('uint64', new BigUint64Array(length)))],
  ['bool', booleans()],
  ['string', strings()],
])

/** Undefined for a type that cannot be told in JSON, because the engine does not take or give it. */
export function findElementType(name: string): ElementType | undefined {
  return ELEMENT_TYPES.get(name)
}

interface Store<Element> {
  elements: { [index: number]: Element }
  tensor: Elements['tensor']
}

function store<Type extends SmallType | 'float32' | 'float64'>(
  type: Type,
  data: Tensor.DataTypeMap[Type] & Store<number>['elements'],
): Store<number> {
  return { elements: data, tensor: (dims) => new Tensor(type, data, dims) }
}

/** The engine takes halves as their bits. */
function storeHalves(halves: Float16Array<ArrayBuffer>): Store<number> {
  return { elements: halves, tensor: (dims) => new Tensor('float16', new Uint16Array(halves.buffer), dims) }
}

function storeLongs<Type extends 'int64' | 'uint64'>(
  type: Type,
  data: Tensor.DataTypeMap[Type] & Store<bigint>['elements'],
): Store<bigint> {
  return { elements: data, tensor: (dims) => new Tensor(type, data, dims) }
}

function filled<Element>({ elements, tensor }: Store<Element>, read: (json: unknown) => Element | undefined): Elements {
  return {
    tensor,
    put(index, json) {
      const element = read(json)
      if (element === undefined) return false
      elements[index] = element
      return true
    },
  }
}

function floats(
  name: FloatType,
  round: (value: number) => number,
  create: (length: number) => Store<number>,
): ElementType {
  const read = (json: unknown) => {
    if (typeof json === 'string') return NOT_FINITE.get(json)
    if (typeof json !== 'number') return
    // What is too large would become infinite without a word.
    return Number.isFinite(json) && !Number.isFinite(round(json)) ? undefined : json
  }
  return {
    jsonTypes: ['number', 'string'],
    begin: (length) => filled(create(length), read),
    toJson: (element) => (Number.isFinite(element) ? Number(element) : String(element)),
    fault(json) {
      if (typeof json === 'number') return `Must fit into ${name}, given: ${json}`
      if (typeof json !== 'string') return wrongType('number', json)
      return `Must be a number or one of ${[...NOT_FINITE.keys()].map((text) => `"${text}"`).join(', ')}, given: ${shown(json)}`
    },
  }
}

function integers(min: number, max: number, create: (length: number) => Store<number>): ElementType {
  const read = (json: unknown) => {
    if (typeof json === 'number' && Number.isInteger(json) && json >= min && json <= max) return json
  }
  return {
    jsonTypes: ['integer'],
    begin: (length) => filled(create(length), read),
    toJson: Number,
    fault: (json) => (Number.isInteger(json) ? beyond(min, max, Number(json)) : wrongType('integer', json)),
  }
}

function longs(min: bigint, max: bigint, create: (length: number) => Store<bigint>): ElementType {
  const read = (json: unknown) => {
    const value = toLong(json)
    return value === undefined || value < min || value > max ? undefined : value
  }
  return {
    jsonTypes: ['integer', 'string'],
    begin: (length) => filled(create(length), read),
    toJson(element) {
      const number = Number(element)
      return Number.isSafeInteger(number) ? number : String(element)
    },
    fault(json) {
      const value = toLong(json)
      if (value !== undefined) return beyond(min, max, value)
      if (Number.isInteger(json))
        return `A number beyond ±(2^53 - 1) loses digits in JSON: send its digits as a string, given: ${json}`
      if (typeof json !== 'string') return wrongType('integer', json)
      return `Must be an integer, or the digits of one as a string, given: ${shown(json)}`
    },
  }
}

function toLong(json: unknown): bigint | undefined {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : undefined
  return typeof json === 'string' && DIGITS.test(json) ? BigInt(json) : undefined
}

function booleans(): ElementType {
  const read = (json: unknown) => {
    if (json === true || json === 1) return 1
    if (json === false || json === 0) return 0
  }
  const create = (length: number): Store<number> => {
    const data = new Uint8Array(length)
    return { elements: data, tensor: (dims) => new Tensor('bool', data, dims) }
  }
  return {
    jsonTypes: ['boolean', 'integer'],
    begin: (length) => filled(create(length), read),
    toJson: (element) => element !== 0,
    fault: (json) =>
      typeof json === 'number' ? `Must be true, false, 1 or 0, given: ${json}` : wrongType('boolean', json),
  }
}

function strings(): ElementType {
  const create = (length: number): Store<string> => {
    const data = new Array<string>(length)
    return { elements: data, tensor: (dims) => new Tensor('string', data, dims) }
  }
  return {
    jsonTypes: ['string'],
    begin: (length) =>
      filled(create(length), (json) => (typeof json === 'string' && !json.includes('\0') ? json : undefined)),
    toJson: String,
    fault: (json) =>
      typeof json === 'string'
        ? 'Must not hold a NUL character, at which onnxruntime would cut the text'
        : wrongType('string', json),
  }
}

function wrongType(expected: string, json: unknown): string {
  return `Invalid type. Expected: ${expected}, given: ${jsonType(json)}`
}

function beyond<Value extends number | bigint>(min: Value, max: Value, given: Value): string {
  const bound = given < min ? `greater than or equal to ${min}` : `less than or equal to ${max}`
  return `Must be ${bound}, given: ${given}`
}

function shown(text: string): string {
  return JSON.stringify(text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text)
}
