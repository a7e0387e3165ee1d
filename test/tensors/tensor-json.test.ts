import fc from 'fast-check'
import { Tensor } from 'onnxruntime-common'
import { describe, expect, test } from 'vitest'
import { type Declaration, elementCount } from '../../src/tensors/declaration.ts'
import { findElementType } from '../../src/tensors/element-type.ts'
import { InputFault } from '../../src/tensors/input-fault.ts'
import { parseTensor } from '../../src/tensors/parse-tensor.ts'
import { jsonValueCount, tensorToJson } from '../../src/tensors/tensor-json.ts'

const TYPES = [
  'float16',
  'float32',
  'float64',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
  'string',
] as const

type Type = (typeof TYPES)[number]

const x = (type: Type, shape: Declaration['shape']): Declaration => ({ name: 'x', type, shape })

/** As it arrives from a client, and as it leaves for one. */
const overTheWire = (json: unknown): unknown => JSON.parse(JSON.stringify(json))

/** What is wrong with an input. */
function faultOf(json: unknown, declared: Declaration): string {
  try {
    parseTensor(json, declared)
  } catch (error) {
    if (error instanceof InputFault) return `${error.field}: ${error.message}`
    throw error
  }
  return expect.fail(`${JSON.stringify(json)} is taken`)
}

describe('elements of every type come back as they were sent', () => {
  test.each<[type: Type, json: unknown[]]>([
    ['float16', [1.5, -0.25, 65504, 'NaN', 'Infinity', '-Infinity', 2 ** -24]],
    ['float32', [1.5, 3.4028234663852886e38, 1.401298464324817e-45, 'NaN', 'Infinity', '-Infinity']],
    ['float64', [0.1, 1.7976931348623157e308, 5e-324, 'NaN', 'Infinity', '-Infinity']],
    ['int8', [-128, 127, 0]],
    ['uint8', [0, 255]],
    ['int16', [-32768, 32767]],
    ['uint16', [0, 65535]],
    ['int32', [-2147483648, 2147483647]],
    ['uint32', [0, 4294967295]],
    ['int64', ['-9223372036854775808', '9223372036854775807', 9007199254740991, -9007199254740991, '9007199254740992']],
    ['uint64', [0, '18446744073709551615', 9007199254740991, '9007199254740993']],
    ['bool', [true, false]],
    ['string', ['', 'héllo', '日本語 😀', 'two\nlines']],
  ])('%s', (type, json) => {
    const tensor = parseTensor(json, x(type, ['n']))
    expect(tensor).toMatchObject({ type, dims: [json.length] })
    expect(overTheWire(tensorToJson(tensor))).toEqual(json)
  })
})

test.each<[what: string, type: Type, json: unknown[], back: unknown[]]>([
  ['0 and 1 are truth values, too', 'bool', [1, 0, true], [true, false, true]],
  ['digits in a string may be few', 'int64', ['5', '-7', '007'], [5, -7, 7]],
  ['whole numbers may be written with a point', 'int8', JSON.parse('[5.0, 1e2]'), [5, 100]],
  ['floats are rounded to what their type can hold', 'float32', [0.1], [Math.fround(0.1)]],
  ['halves are rounded, too', 'float16', [0.1, 2049], [0.0999755859375, 2048]],
])('%s', (_, type, json, back) => {
  expect(tensorToJson(parseTensor(json, x(type, ['n'])))).toEqual(back)
})

describe('what is no element is refused with what was expected and what came', () => {
  test.each<[type: Type, json: unknown, fault: string]>([
    ['float32', 'abc', 'Must be a number or one of "NaN", "Infinity", "-Infinity", given: "abc"'],
    ['float32', '1.5', 'Must be a number or one of "NaN", "Infinity", "-Infinity", given: "1.5"'],
    [
      'float32',
      'a'.repeat(100),
      `Must be a number or one of "NaN", "Infinity", "-Infinity", given: "${'a'.repeat(40)}…"`,
    ],
    ['float32', null, 'Invalid type. Expected: number, given: null'],
    ['float64', true, 'Invalid type. Expected: number, given: boolean'],
    ['float32', { a: 1 }, 'Invalid type. Expected: number, given: object'],
    ['float32', [1], 'Invalid type. Expected: number, given: array'],
    ['float32', 1e39, 'Must fit into float32, given: 1e+39'],
    ['float16', 70000, 'Must fit into float16, given: 70000'],
    ['int8', 128, 'Must be less than or equal to 127, given: 128'],
    ['uint8', -1, 'Must be greater than or equal to 0, given: -1'],
    ['int32', 1.5, 'Invalid type. Expected: integer, given: number'],
    ['int32', '5', 'Invalid type. Expected: integer, given: string'],
    ['uint32', 2 ** 32, 'Must be less than or equal to 4294967295, given: 4294967296'],
    [
      'int64',
      2 ** 53,
      'A number beyond ±(2^53 - 1) loses digits in JSON: send its digits as a string, given: 9007199254740992',
    ],
    ['int64', '9223372036854775808', 'Must be less than or equal to 9223372036854775807, given: 9223372036854775808'],
    ['uint64', -1, 'Must be greater than or equal to 0, given: -1'],
    ['uint64', '-1', 'Must be greater than or equal to 0, given: -1'],
    ['int64', '1e3', 'Must be an integer, or the digits of one as a string, given: "1e3"'],
    ['int64', '', 'Must be an integer, or the digits of one as a string, given: ""'],
    ['int64', '9'.repeat(1000), `Must be an integer, or the digits of one as a string, given: "${'9'.repeat(40)}…"`],
    ['int64', 0.5, 'Invalid type. Expected: integer, given: number'],
    ['int64', null, 'Invalid type. Expected: integer, given: null'],
    ['bool', 2, 'Must be true, false, 1 or 0, given: 2'],
    ['bool', 'true', 'Invalid type. Expected: boolean, given: string'],
    ['string', 5, 'Invalid type. Expected: string, given: integer'],
    ['string', 'a\0b', 'Must not hold a NUL character, at which onnxruntime would cut the text'],
  ])('%s: %j', (type, json, fault) => {
    const good = type === 'string' ? 'a' : 1
    expect(
      faultOf(
        [
          [good, good],
          [good, json],
        ],
        x(type, ['n', 2]),
      ),
    ).toBe(`input.x.1.1: ${fault}`)
    expect(faultOf({ shape: [3], data: [good, good, json] }, x(type, ['n']))).toBe(`input.x.data.2: ${fault}`)
  })

  test('a type that the engine does not take', () => {
    expect(faultOf([1], { name: 'x', type: 'int4', shape: [1] })).toBe(
      'input.x: onnxruntime-node takes no tensors of int4',
    )
  })
})

describe('the shape', () => {
  test.each<[json: unknown, shape: Declaration['shape'], dims: number[]]>([
    [
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      [2, 3],
      [2, 3],
    ],
    [
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      ['batch', ''],
      [2, 3],
    ],
    [
      [[[1]], [[2]]],
      ['a', 1, 1],
      [2, 1, 1],
    ],
    [{ shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }, ['batch', 3], [2, 3]],
    [{ shape: [], data: [5] }, [], []],
    [5, [], []],
    // What declares no shape takes any.
    [[[1, 2]], [], [1, 2]],
    [[], ['n'], [0]],
    [
      [[], []],
      [2, 'n'],
      [2, 0],
    ],
    // Sizes that are declared need no arrays that tell them.
    [[], ['n', 3, 2], [0, 3, 2]],
    [{ shape: [0, 7], data: [] }, ['n', 'm'], [0, 7]],
    [{ shape: [2, 0, 4], data: [] }, ['a', 'b', 'c'], [2, 0, 4]],
  ])('of %j for %j is %j', (json, shape, dims) => {
    const tensor = parseTensor(json, x('float32', shape))
    expect(tensor.dims).toEqual(dims)
    const count = elementCount(dims)
    expect(Array.from(tensor.data, Number)).toEqual(
      count === 1 ? [expect.any(Number)] : Array.from({ length: count }, (_, i) => i + 1),
    )
  })

  test.each<[json: unknown, shape: Declaration['shape'], fault: string]>([
    [[1, 2], ['batch', 2], 'input.x: Invalid shape. Expected: float32 tensor of shape [batch, 2], given: shape [2]'],
    [[[1, 2, 3]], ['', 2], 'input.x: Invalid shape. Expected: float32 tensor of shape [?, 2], given: shape [1, 3]'],
    [5, [1], 'input.x: Invalid shape. Expected: float32 tensor of shape [1], given: integer'],
    [undefined, [1], 'input.x: Invalid shape. Expected: float32 tensor of shape [1], given: undefined'],
    [
      { shape: [3, 1], data: [1, 2, 3] },
      ['n', 3],
      'input.x: Invalid shape. Expected: float32 tensor of shape [n, 3], given: shape [3, 1]',
    ],
    [[[1, 2], [3]], ['n', 2], 'input.x.1: Must be an array of 2 items, as input.x.0 is, given: 1'],
    [[[1, 2], 3], ['n', 2], 'input.x.1: Must be an array of 2 items, as input.x.0 is, given: integer'],
    [
      [
        [[1], [2]],
        [[3], [4, 5]],
      ],
      ['n', 2, 'm'],
      'input.x.1.1: Must be an array of 1 items, as input.x.0.0 is, given: 2',
    ],
    [[[], [1]], ['n', 'm'], 'input.x.1: Must be an array of 0 items, as input.x.0 is, given: 1'],
    [[1, [2]], ['n'], 'input.x.1: Invalid type. Expected: number, given: array'],
    [[], ['n', 'm'], 'input.x: An empty array does not tell all sizes: send {"shape": […], "data": []}'],
    [{ shape: [2], data: [1] }, ['n'], 'input.x.data: Must have 2 items for the shape [2], given: 1'],
    [
      { shape: [2 ** 40, 2 ** 40], data: [1] },
      [],
      'input.x.data: Must have 1.2089258196146292e+24 items for the shape [1099511627776, 1099511627776], given: 1',
    ],
    [{ shape: [1.5], data: [] }, ['n'], 'input.x.shape: Must be an array of sizes, which are integers from 0'],
    [{ shape: [-1], data: [] }, ['n'], 'input.x.shape: Must be an array of sizes, which are integers from 0'],
    [{ shape: '2', data: [] }, ['n'], 'input.x.shape: Must be an array of sizes, which are integers from 0'],
    [{ shape: [1], data: 5 }, ['n'], 'input.x.data: Invalid type. Expected: array, given: integer'],
    [{ shape: Array(65).fill(1), data: [1] }, [], 'input.x: Must have at most 64 dimensions, given: 65 or more'],
    [JSON.parse('['.repeat(400) + ']'.repeat(400)), [], 'input.x: Must have at most 64 dimensions, given: 65 or more'],
  ])('of %j does not go with %j', (json, shape, fault) => {
    expect(faultOf(json, x('float32', shape))).toBe(fault)
  })

  test('is the one of all arrays before room is made for what the first ones promise', () => {
    const long = Array.from({ length: 100_000 }, () => 0)
    const json = [long, ...Array.from({ length: 99_999 }, () => [])]
    expect(faultOf(json, x('float64', ['n', 'm']))).toBe(
      'input.x.1: Must be an array of 100000 items, as input.x.0 is, given: 0',
    )
  })
})

test.each<[dims: number[], json: unknown]>([
  [[], 1],
  [[1], [1]],
  [
    [2, 2],
    [
      [1, 2],
      [3, 4],
    ],
  ],
  [
    [2, 1, 2],
    [[[1, 2]], [[3, 4]]],
  ],
  [[0], { shape: [0], data: [] }],
  [[2, 0, 3], { shape: [2, 0, 3], data: [] }],
])('a tensor with dimensions %j is written as %j', (dims, json) => {
  const data = Float32Array.from({ length: elementCount(dims) }, (_, i) => i + 1)
  expect(tensorToJson(new Tensor('float32', data, dims))).toEqual(json)
})

test('values and arrays are counted before they are made', () => {
  expect(jsonValueCount([])).toBe(1)
  expect(jsonValueCount([3])).toBe(4)
  expect(jsonValueCount([2, 3])).toBe(1 + 2 + 6)
  expect(jsonValueCount([1e6, 1e6])).toBe(1 + 1e6 + 1e12)
})

describe('what is written is read again as the same tensor', () => {
  const elements: Record<Type, fc.Arbitrary<number | bigint | string>> = {
    float16: fc.float().map(Math.f16round),
    float32: fc.float(),
    float64: fc.double(),
    int8: fc.integer({ min: -(2 ** 7), max: 2 ** 7 - 1 }),
    uint8: fc.integer({ min: 0, max: 2 ** 8 - 1 }),
    int16: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
    uint16: fc.integer({ min: 0, max: 2 ** 16 - 1 }),
    int32: fc.integer(),
    uint32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    bool: fc.constantFrom(0, 1),
    string: fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
  }
  const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 })

  test.each(TYPES)('%s', (type) => {
    const tensors = shapes.chain((dims) => {
      const count = elementCount(dims)
      return fc.tuple(fc.constant(dims), fc.array(elements[type], { minLength: count, maxLength: count }))
    })
    fc.assert(
      fc.property(tensors, ([dims, values]) => {
        const tensor = tensorOf(type, dims, values)
        const read = parseTensor(overTheWire(tensorToJson(tensor)), x(type, dims))
        expect(read.type).toBe(type)
        expect(read.dims).toEqual(dims)
        // JSON.stringify knows no negative zero.
        const comparable = ({ data }: Tensor) => Array.from<unknown>(data).map((value) => (value === 0 ? 0 : value))
        expect(comparable(read)).toEqual(comparable(tensor))
      }),
    )
  })

  function tensorOf(type: Type, dims: number[], values: readonly (number | bigint | string)[]): Tensor {
    switch (type) {
      case 'string':
        return new Tensor(type, values.map(String), dims)
      case 'int64':
        return new Tensor(type, BigInt64Array.from(values, BigInt), dims)
      case 'uint64':
        return new Tensor(type, BigUint64Array.from(values, BigInt), dims)
      case 'bool':
        return new Tensor(type, Uint8Array.from(values, Number), dims)
      case 'float16':
        return new Tensor(type, new Uint16Array(Float16Array.from(values, Number).buffer), dims)
      default:
        return new Tensor(type, values.map(Number), dims)
    }
  }
})

test('every type with elements of whole bytes has its JSON, and no other', () => {
  for (const type of TYPES) expect(findElementType(type)).toBeDefined()
  for (const type of ['int4', 'uint4', 'toString', '']) expect(findElementType(type)).toBeUndefined()
})

test('whatever JSON comes for a tensor, it is read or refused with its place', () => {
  const shape = fc.array(fc.oneof(fc.nat({ max: 3 }), fc.constant('batch')), { maxLength: 3 })
  const json = fc.oneof(
    fc.jsonValue({ maxDepth: 4 }),
    fc.record({ shape: fc.array(fc.double()), data: fc.array(fc.jsonValue()) }),
    fc.array(fc.array(fc.constantFrom('NaN', '1', 1.5, -1, null, true, 2 ** 64))),
  )
  fc.assert(
    fc.property(fc.constantFrom(...TYPES), shape, json, (type, dims, value) => {
      try {
        expect(parseTensor(value, x(type, dims)).type).toBe(type)
      } catch (error) {
        if (!(error instanceof InputFault)) throw error
        expect(error.field).toMatch(/^input\.x/)
      }
    }),
  )
})
