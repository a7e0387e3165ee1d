import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { int } from '../../scripts/onnx/attribute.ts'
import { type ModelDescription, node } from '../../scripts/onnx/model.ts'
import { type ElementType, float32, value } from '../../scripts/onnx/tensor.ts'
import { writeModel } from '../../scripts/onnx/write-model.ts'
import { loadSession, packagePath } from '../../src/runner/engine.ts'
import { graphDefinition } from '../../src/runner/graph-model.ts'
import { testFolder } from '../support/temporary.ts'

// Its binaries tell Microsoft that they run, unless they are told not to before they are loaded.
beforeAll(() => void vi.stubEnv('ORT_DISABLE_TELEMETRY', '1'))

const [BFLOAT16, INT4] = [16, 22]

/** x as another type, and, beside it, x doubled. */
function castTo(type: ElementType, to: number): ModelDescription {
  return {
    opset: 21,
    nodes: [node('Cast', ['x'], ['cast'], { to: int(to) }), node('Add', ['x', 'x'], ['doubled'])],
    inputs: [value('x', 'float32', ['n'])],
    outputs: [value('cast', type, ['n']), value('doubled', 'float32', ['n'])],
  }
}

/** The definition of a package with a graph, what it may ask for, and what was logged. */
function open(graph: ModelDescription | string) {
  const [dir, lines]: [string, string[]] = [testFolder(), []]
  const path = join(dir, 'model.onnx')
  if (typeof graph === 'string') writeFileSync(path, graph)
  else writeModel(path, graph)
  const settings = { threads: 1, devices: [{ provider: 'cpu' } as const], options: { logSeverityLevel: 4 } }
  const listener = { log: (line: string) => void lines.push(line), onDevice: () => {} }
  return {
    definition: graphDefinition('model.onnx'),
    ctx: {
      path: (file: string) => packagePath(dir, file),
      session: (file: string) => loadSession(dir, file, settings, listener),
      log: listener.log,
    },
    lines,
  }
}

test('outputs that the engine cannot return are left out, and their name and kind told', async () => {
  const { definition, ctx, lines } = open(castTo('int4', INT4))
  const leftOut = 'Left out, because onnxruntime-node cannot return it: cast (int4 tensor of shape [n])'
  expect(await definition.inspect?.(ctx)).toMatchObject({
    input: { required: ['x'] },
    output: { description: leftOut, required: ['doubled'], properties: { doubled: {} } },
  })
  expect(lines).toEqual([])
  await definition.setup?.(ctx)
  expect(lines).toEqual([`model.onnx: ${leftOut}`])
})

describe('a package is refused, with the name of its file, for', () => {
  test.each<[what: string, graph: ModelDescription | string, reason: RegExp]>([
    ['bytes that are no graph', 'hello', /^model\.onnx cannot be loaded: Load model from .*model\.onnx failed:/],
    [
      'a pointer of Git LFS',
      'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n',
      /^model\.onnx cannot be loaded: it is a pointer of Git LFS; `git lfs pull` fetches the graph itself \(Load model/,
    ],
    [
      'a type without a name in the binding of the engine',
      castTo('bfloat16', BFLOAT16),
      /^model\.onnx cannot be loaded: Unsupported data type: 16; it takes or gives bfloat16, which onnxruntime-node does not/,
    ],
    [
      'outputs of which none can be returned',
      { ...castTo('int4', INT4), outputs: [value('cast', 'int4', ['n'])] },
      /^model\.onnx cannot be served: onnxruntime-node can return none of its outputs: cast \(int4 tensor of shape \[n\]\)$/,
    ],
    [
      'inputs that the engine does not take',
      {
        opset: 21,
        nodes: [node('Cast', ['packed'], ['y'], { to: int(1) })],
        inputs: [value('packed', 'int4', [4])],
        outputs: [value('y', 'float32', [4])],
      },
      /^model\.onnx cannot be served: onnxruntime-node has no way to give a graph its inputs packed \(int4 tensor of shape \[4\]\)$/,
    ],
  ])('%s', async (_, graph, reason) => {
    const { definition, ctx } = open(graph)
    await expect(definition.inspect?.(ctx)).rejects.toThrow(reason)
    await expect(Promise.resolve(definition.setup?.(ctx))).rejects.toThrow(reason)
  })
})

test('a graph is not loaded before somebody asks', async () => {
  const { definition } = open({
    nodes: [node('Identity', ['one'], ['y'])],
    inputs: [],
    outputs: [value('y', 'float32', [1])],
    initializers: [float32('one', [1], [1])],
  })
  expect(definition).toMatchObject({ input: { properties: {} }, output: { type: 'object' } })
})
