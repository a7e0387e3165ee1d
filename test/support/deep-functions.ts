import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { call, type FunctionDescription, node } from '../../scripts/onnx/model.ts'
import { value } from '../../scripts/onnx/tensor.ts'
import { writeModel } from '../../scripts/onnx/write-model.ts'

const NAME = 'greedy/deep-functions'
const SOURCE = fileURLToPath(new URL(`../fixtures/greedy-models/${NAME}`, import.meta.url))
const DEPTH = 20_000

/**
 * Writes the package `greedy/deep-functions` into a folder of packages. Its graph has functions that call each other
 * so deep that loading it kills the process with SIGSEGV.
 */
export function writeDeepFunctions(dir: string): void {
  cpSync(SOURCE, join(dir, NAME), { recursive: true })
  const functions = Array.from({ length: DEPTH }, (_, index): FunctionDescription => {
    const isLast = index === DEPTH - 1
    const step = isLast ? node('Identity', ['x'], ['y']) : call(`level_${index + 1}`, ['x'], ['y'])
    return { name: `level_${index}`, inputs: ['x'], outputs: ['y'], nodes: [step] }
  })
  writeModel(join(dir, NAME, 'model.onnx'), {
    nodes: [call('level_0', ['x'], ['y'])],
    inputs: [value('x', 'float32', [1])],
    outputs: [value('y', 'float32', [1])],
    functions,
  })
}
