import { statSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { expect, test, vi } from 'vitest'
import { float, floats, graph, int, ints, string, tensor } from '../../scripts/onnx/attribute.ts'
import { mobileNet } from '../../scripts/onnx/mobile-net.ts'
import { call, type ModelDescription, node, onnxModel, parameterCount, subgraph } from '../../scripts/onnx/model.ts'
import { perceptron } from '../../scripts/onnx/perceptron.ts'
import { normalNumbers, uniformNumbers } from '../../scripts/onnx/random.ts'
import { bool, float32, int32, int64, strings, value } from '../../scripts/onnx/tensor.ts'
import { type WriteOptions, writeModel } from '../../scripts/onnx/write-model.ts'
import { testFolder } from '../support/temporary.ts'

// Its binaries tell Microsoft that they run, unless they are told not to before they are loaded.
vi.hoisted(() => vi.stubEnv('ORT_DISABLE_TELEMETRY', '1'))

/** Writes a model into a new folder and runs it once. */
async function run(model: ModelDescription, feeds: Record<string, Tensor>, options: WriteOptions = {}) {
  const path = join(testFolder(), 'model.onnx')
  writeModel(path, model, options)
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1, interOpNumThreads: 1 })
  try {
    return { outputs: await session.run(feeds), bytes: statSync(path).size }
  } finally {
    await session.release()
  }
}

function numbersOf({ y }: InferenceSession.ReturnType): number[] {
  return Array.from(y?.data ?? [], Number)
}

const X = [value('x', 'float32', ['batch', 2])]
const Y = [value('y', 'float32', ['batch', 2])]
const feeds = { x: new Tensor('float32', [1, -2, 3, -4], [2, 2]) }

test('a node adds a constant to an input of any length', async () => {
  const model = {
    nodes: [node('Add', ['x', 'bias'], ['y'])],
    inputs: X,
    outputs: Y,
    initializers: [float32('bias', [2], [0.5, 1])],
  }
  const { outputs } = await run(model, feeds)
  expect(outputs.y?.dims).toEqual([2, 2])
  expect(numbersOf(outputs)).toEqual([1.5, -1, 3.5, -3])
})

test('functions call each other', async () => {
  const model = {
    nodes: [call('quadruple', ['x'], ['y'])],
    inputs: X,
    outputs: Y,
    functions: [
      { name: 'double', inputs: ['a'], outputs: ['b'], nodes: [node('Add', ['a', 'a'], ['b'])] },
      {
        name: 'quadruple',
        inputs: ['a'],
        outputs: ['c'],
        nodes: [call('double', ['a'], ['b']), call('double', ['b'], ['c'])],
      },
    ],
  }
  expect(numbersOf((await run(model, feeds)).outputs)).toEqual([4, -8, 12, -16])
})

test('a graph is an attribute of a node', async () => {
  const body = subgraph('body', {
    nodes: [node('Identity', ['condition'], ['goes_on']), node('Add', ['sum', 'sum'], ['next'])],
    inputs: [value('iteration', 'int64', []), value('condition', 'bool', []), value('sum', 'float32', [])],
    outputs: [value('goes_on', 'bool', []), value('next', 'float32', [])],
  })
  const model = {
    nodes: [node('Loop', ['times', 'always', 'start'], ['end'], { body: graph(body) })],
    inputs: [value('start', 'float32', [])],
    outputs: [value('end', 'float32', [])],
    initializers: [int64('times', [], [5]), bool('always', [], [true])],
  }
  const { outputs } = await run(model, { start: new Tensor('float32', [3], []) })
  expect(outputs.end?.data[0]).toBe(96)
})

test.each<{ kind: string; model: Pick<ModelDescription, 'nodes' | 'initializers'>; gives: number[] }>([
  { kind: 'float', model: { nodes: [node('LeakyRelu', ['x'], ['y'], { alpha: float(0.5) })] }, gives: [1, -1, 3, -2] },
  { kind: 'int', model: { nodes: [node('Hardmax', ['x'], ['y'], { axis: int(0) })] }, gives: [0, 1, 1, 0] },
  { kind: 'ints', model: { nodes: [node('Transpose', ['x'], ['y'], { perm: ints(1, 0) })] }, gives: [1, 3, -2, -4] },
  {
    kind: 'floats',
    model: {
      nodes: [node('Constant', [], ['c'], { value_floats: floats(1, 2) }), node('Mul', ['x', 'c'], ['y'])],
    },
    gives: [1, -4, 3, -8],
  },
  {
    kind: 'tensor',
    model: {
      nodes: [
        node('Shape', ['x'], ['shape']),
        node('ConstantOfShape', ['shape'], ['y'], { value: tensor(float32('seven', [1], [7])) }),
      ],
    },
    gives: [7, 7, 7, 7],
  },
  {
    kind: 'string',
    model: {
      nodes: [node('ScatterElements', ['x', 'places', 'more'], ['y'], { reduction: string('add') })],
      initializers: [int64('places', [1, 2], [0, 1]), float32('more', [1, 2], [10, 20])],
    },
    gives: [11, -2, 3, 16],
  },
])('$kind attributes reach the operator', async ({ model, gives }) => {
  const { outputs } = await run({ ...model, inputs: X, outputs: Y }, feeds)
  expect(numbersOf(outputs)).toEqual(gives)
})

test('whole numbers are constants too', async () => {
  const model = {
    nodes: [node('Mul', ['x', 'two'], ['y'])],
    inputs: [value('x', 'int32', [2])],
    outputs: [value('y', 'int32', [2])],
    initializers: [int32('two', [], [2])],
  }
  const { outputs } = await run(model, { x: new Tensor('int32', [20, -3], [2]) })
  expect(numbersOf(outputs)).toEqual([40, -6])
})

test('texts are constants like numbers', async () => {
  const model = {
    nodes: [node('StringConcat', ['hello', 'name'], ['greeting'])],
    inputs: [value('name', 'string', [1])],
    outputs: [value('greeting', 'string', [1])],
    initializers: [strings('hello', [1], ['héllo '])],
  }
  const { outputs } = await run(model, { name: new Tensor('string', ['Zoë'], [1]) })
  expect(outputs.greeting?.data).toEqual(['héllo Zoë'])
})

test('a tensor is refused whose shape does not hold its values', () => {
  expect(() => float32('weights', [2, 3], [1, 2, 3])).toThrow('weights is [2, 3] and cannot hold 3 values')
})

test('weights in a file of their own give the same as those in the model', async () => {
  const network = perceptron({ sizes: [64, 128, 10] })
  const values = new Tensor('float32', normalNumbers(3 * 64, 1, uniformNumbers(1)), [3, 64])
  const inside = await run(network, { values })
  const beside = await run(network, { values }, { externalWeights: true })
  expect(inside.bytes).toBeGreaterThan(Float32Array.BYTES_PER_ELEMENT * 64 * 128)
  expect(beside.bytes).toBeLessThan(8192)
  expect(inside.outputs.scores?.dims).toEqual([3, 10])
  assertFinite(inside.outputs.scores)
  expect(beside.outputs.scores?.data).toEqual(inside.outputs.scores?.data)
})

test('the convolutional network has the size of MobileNetV2 and finite scores, the same ones for the same seed', async () => {
  const network = mobileNet()
  expect(parameterCount(network)).toBe(3_487_818)
  const pixels = new Tensor('float32', normalNumbers(3 * 224 * 224, 1, uniformNumbers(1)), [1, 3, 224, 224])
  const { scores } = (await run(network, { pixels })).outputs
  expect(scores?.dims).toEqual([1, 1000])
  assertFinite(scores)
  expect(Buffer.from(onnxModel(mobileNet())).equals(onnxModel(network))).toBe(true)
})

function assertFinite(scores: Tensor | undefined): void {
  expect(Array.from(scores?.data ?? [], Number).filter((score) => !Number.isFinite(score))).toEqual([])
}
