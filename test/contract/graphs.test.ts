/** Packages that hold a graph and no code: tensors in, tensors out, as nested JSON arrays. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { int } from '../../scripts/onnx/attribute.ts'
import { type ModelDescription, node } from '../../scripts/onnx/model.ts'
import { perceptron } from '../../scripts/onnx/perceptron.ts'
import { bool, float32, int64, strings, value } from '../../scripts/onnx/tensor.ts'
import { writeModel } from '../../scripts/onnx/write-model.ts'
import { writeFiles } from '../support/packages.ts'
import { post, run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'
import { bodyOf } from '../support/wire.ts'

interface WireModel {
  latest_version: {
    openapi_schema: {
      components: { schemas: Record<string, { properties: Record<string, unknown>; required?: string[] }> }
    }
  }
}

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

const INT4 = 22

const GRAPHS: Record<string, ModelDescription> = {
  /** Gives every tensor back under another name. */
  'test/every-type': {
    nodes: TYPES.map((type) => node('Identity', [`in/${type}:0`], [`out/${type}:0`])),
    inputs: TYPES.map((type) => value(`in/${type}:0`, type, ['n', 2])),
    outputs: TYPES.map((type) => value(`out/${type}:0`, type, ['n', 2])),
  },
  /** [batch, inner] times [inner, columns]. */
  'test/product': {
    nodes: [node('MatMul', ['a', 'b'], ['product'])],
    inputs: [value('a', 'float32', ['batch', 'inner']), value('b', 'float32', ['inner', 'columns'])],
    outputs: [value('product', 'float32', ['batch', 'columns'])],
  },
  /** A scalar, one that is optional because the graph has a value for it, and something of any size. */
  'test/scaled': {
    nodes: [node('Mul', ['x', 'factor'], ['scaled']), node('Add', ['scaled', 'offset'], ['y'])],
    inputs: [value('x', 'float32', ['']), value('factor', 'float32', []), value('offset', 'float32', [])],
    outputs: [value('y', 'float32', [''])],
    initializers: [float32('offset', [], [0.5])],
  },
  /** As many zeros as it is told. */
  'test/zeros': {
    nodes: [node('ConstantOfShape', ['shape'], ['zeros'])],
    inputs: [value('shape', 'int64', ['rank'])],
    outputs: [value('zeros', 'float32', ['rows', 'columns'])],
  },
  /** Beside the double, what ends the process that asks the engine for it. */
  'test/mixed': {
    opset: 21,
    nodes: [node('Cast', ['x'], ['packed'], { to: int(INT4) }), node('Add', ['x', 'x'], ['double'])],
    inputs: [value('x', 'float32', ['n'])],
    outputs: [value('packed', 'int4', ['n']), value('double', 'float32', ['n'])],
  },
  /** What it gives hangs on nothing. */
  'test/constant': {
    nodes: [
      node('Identity', ['one'], ['number']),
      node('Identity', ['yes'], ['truth']),
      node('Identity', ['words'], ['text']),
    ],
    inputs: [],
    outputs: [value('number', 'int64', []), value('truth', 'bool', [1]), value('text', 'string', [1, 2])],
    initializers: [int64('one', [], [1]), bool('yes', [1], [true]), strings('words', [1, 2], ['a', 'b'])],
  },
}

describe('a graph without code', () => {
  const modelsDir = makeFolder()
  let server: TestServer
  beforeAll(async () => {
    for (const [name, graph] of Object.entries(GRAPHS)) writeModel(join(modelsDir, name, 'model.onnx'), graph)
    writeModel(join(modelsDir, 'test/weights/model.onnx'), perceptron({ sizes: [64, 128, 10] }), {
      externalWeights: true,
    })
    writeFiles(join(modelsDir, 'test/product'), {
      'model.yaml': 'description: Multiplies matrices\nrun: { session_options: { graphOptimizationLevel: basic } }',
    })
    server = await startServer({ MODELS_DIR: modelsDir })
  })
  afterAll(async () => {
    await server.close()
    removeFolder(modelsDir)
  })

  async function schemasOf(name: string) {
    const model = await bodyOf<WireModel>(server.call('GET', `/v1/models/${name}`))
    return model.latest_version.openapi_schema.components.schemas
  }

  test('has its inputs and outputs as its schema', async () => {
    const { Input, Output } = await schemasOf('test/product')
    expect(Input).toMatchObject({
      type: 'object',
      required: ['a', 'b'],
      properties: {
        a: {
          title: 'a',
          description: 'float32 tensor of shape [batch, inner]',
          'x-order': 0,
          'x-tensor': { dtype: 'float32', shape: ['batch', 'inner'] },
          anyOf: [
            { type: 'array', items: {} },
            { type: 'object', required: ['shape', 'data'] },
          ],
        },
        b: { 'x-order': 1, 'x-tensor': { dtype: 'float32', shape: ['inner', 'columns'] } },
      },
    })
    expect(Output).toMatchObject({
      type: 'object',
      title: 'Output',
      required: ['product'],
      properties: { product: { description: 'float32 tensor of shape [batch, columns]' } },
    })
    expect(Output).not.toHaveProperty('description')
  })

  test('has no use for an input to which it gives a value itself, and may have none at all', async () => {
    const { Input } = await schemasOf('test/scaled')
    expect(Object.keys(Input?.properties ?? {})).toEqual(['x', 'factor'])
    expect(Input?.properties).toMatchObject({ x: { 'x-tensor': { dtype: 'float32', shape: [null] } } })
    expect((await schemasOf('test/constant')).Input).toEqual({ type: 'object', title: 'Input', properties: {} })
    const output = { number: 1, truth: [true], text: [['a', 'b']] }
    expect(await run(server, 'test/constant', {})).toMatchObject({ status: 'succeeded', output })
  })

  test('gives what the engine can return, and its schema says what is left out', async () => {
    expect((await schemasOf('test/mixed')).Output).toMatchObject({
      required: ['double'],
      description: 'Left out, because onnxruntime-node cannot return it: packed (int4 tensor of shape [n])',
    })
    expect(await run(server, 'test/mixed', { x: [1, 2, 3] })).toMatchObject({ output: { double: [2, 4, 6] } })
  })

  test('takes and gives tensors of every type, under names of any kind', async () => {
    const values: Record<(typeof TYPES)[number], unknown[][]> = {
      float16: [
        [1.5, 'NaN'],
        ['Infinity', -65504],
      ],
      float32: [
        ['-Infinity', 3.4028234663852886e38],
        [1.401298464324817e-45, 0],
      ],
      float64: [
        [0.1, 'NaN'],
        [1.7976931348623157e308, 5e-324],
      ],
      int8: [
        [-128, 127],
        [0, 1],
      ],
      uint8: [
        [0, 255],
        [0, 1],
      ],
      int16: [
        [-32768, 32767],
        [0, 1],
      ],
      uint16: [
        [0, 65535],
        [0, 1],
      ],
      int32: [
        [-2147483648, 2147483647],
        [0, 1],
      ],
      uint32: [
        [0, 4294967295],
        [0, 1],
      ],
      int64: [
        ['-9223372036854775808', '9223372036854775807'],
        [9007199254740991, -1],
      ],
      uint64: [
        ['18446744073709551615', 0],
        ['9007199254740993', 1],
      ],
      bool: [
        [true, false],
        [false, true],
      ],
      string: [
        ['', '日本語 😀'],
        ['two\nlines', 'a"b\\c'],
      ],
    }
    const given = Object.fromEntries(TYPES.map((type) => [`in/${type}:0`, values[type]]))
    const wanted = Object.fromEntries(TYPES.map((type) => [`out/${type}:0`, values[type]]))
    const { output, error } = await run(server, 'test/every-type', given)
    expect(error).toBeNull()
    expect(output).toEqual(wanted)

    const { Input } = await schemasOf('test/every-type')
    expect(Input?.properties).toMatchObject({ 'in/uint16:0': { title: 'in/uint16:0' } })
  })

  test('takes and gives tensors without elements', async () => {
    const empty = { shape: [0, 2], data: [] }
    const given = Object.fromEntries(TYPES.map((type, i) => [`in/${type}:0`, i % 2 === 0 ? empty : []]))
    const wanted = Object.fromEntries(TYPES.map((type) => [`out/${type}:0`, empty]))
    expect(await run(server, 'test/every-type', given)).toMatchObject({ error: null, output: wanted })
  })

  test('takes bare scalars, and all elements of a tensor in one array', async () => {
    const x = { shape: [3], data: [1, 'Infinity', -1] }
    const prediction = await run(server, 'test/scaled', { x, factor: 2 })
    expect(prediction).toMatchObject({ status: 'succeeded', output: { y: [2.5, 'Infinity', -1.5] } })
    expect(prediction.input).toEqual({ x, factor: 2 })
  })

  test('finds its weights in a file beside it', async () => {
    const { output } = await run(server, 'test/weights', { values: [Array(64).fill(0.5), Array(64).fill(-0.5)] })
    const { scores = [] }: { scores?: number[][] } = Object(output)
    expect(scores.map((row) => row.filter(Number.isFinite).length)).toEqual([10, 10])
  })

  test('is not asked where something is no tensor at all', async () => {
    const response = await post(server, 'test/scaled', { x: 'abc', factor: null })
    expect(response.status).toBe(422)
    expect((await bodyOf<{ detail: string }>(response)).detail).toBe(
      '- input.x: Invalid type. Expected: array, object, given: string\n' +
        '- input.factor: Invalid type. Expected: array, object, number, string, given: null\n',
    )
    const missing = await post(server, 'test/scaled', { x: [1] })
    expect((await bodyOf<{ detail: string }>(missing)).detail).toBe('- input: factor is required\n')
  })

  test('fails with everything that is wrong with its tensors', async () => {
    const { error, status, output } = await run(server, 'test/product', {
      a: [
        [1, 2],
        ['x', 4],
      ],
      b: [1, 2],
    })
    expect({ status, output }).toEqual({ status: 'failed', output: null })
    expect(error).toBe(
      '- input.a.1.0: Must be a number or one of "NaN", "Infinity", "-Infinity", given: "x"\n' +
        '- input.b: Invalid shape. Expected: float32 tensor of shape [inner, columns], given: shape [2]',
    )
  })

  test('fails when sizes that should be the same are not', async () => {
    const fits = { a: [[1, 2]], b: [[3], [4]] }
    expect(await run(server, 'test/product', fits)).toMatchObject({ output: { product: [[11]] } })
    const { error } = await run(server, 'test/product', { a: [[1, 2]], b: [[3], [4], [5]] })
    expect(error).toBe(
      '- input.b: Invalid shape. Expected: shape [inner, columns] with inner = 2 as in input.a, given: shape [3, 1]',
    )
  })

  test('may be given a million numbers, and may give them', async () => {
    const side = 708
    const identity = Array.from({ length: side }, (_, row) =>
      Array.from({ length: side }, (_, i) => (i === row ? 1 : 0)),
    )
    const numbers = Array.from({ length: side }, (_, row) => Array.from({ length: side }, (_, i) => row * side + i))
    const { output, error } = await run(server, 'test/product', { a: identity, b: numbers })
    expect(error).toBeNull()
    expect(output).toEqual({ product: numbers })
  })

  test('fails when it gives more than an answer can hold, and goes on', async () => {
    expect(await run(server, 'test/zeros', { shape: [3000, 3000] })).toMatchObject({
      status: 'failed',
      error: 'The output is longer than 33554432 characters of JSON',
    })
    expect(await run(server, 'test/zeros', { shape: ['2', 2] })).toMatchObject({
      output: {
        zeros: [
          [0, 0],
          [0, 0],
        ],
      },
    })
    // Its own complaint, for what only it can know.
    expect(await run(server, 'test/zeros', { shape: [-1] })).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('ConstantOfShape'),
    })
  })
})
