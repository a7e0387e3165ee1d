import type { NodeProto, TensorProto } from './messages.ts'
import { type ModelDescription, node } from './model.ts'
import { normalNumbers, uniformNumbers } from './random.ts'
import { float32, value } from './tensor.ts'

export interface PerceptronOptions {
  /** Of the input, of each hidden layer, and of the output; 25 million parameters by default. */
  sizes?: readonly [number, ...number[]]
  seed?: number
}

/** Fully connected layers with ReLU between them: `values` [batch, first size] to `scores` [batch, last size]. */
export function perceptron({ sizes = [1024, 4096, 4096, 1000], seed = 1 }: PerceptronOptions = {}): ModelDescription {
  const uniform = uniformNumbers(seed)
  const nodes: NodeProto[] = []
  const initializers: TensorProto[] = []
  const last = sizes.length - 1
  let [width] = sizes
  let from = 'values'
  for (const [index, size] of sizes.entries()) {
    if (index === 0) continue
    const [weights, bias] = [`weights_${index}`, `bias_${index}`]
    // He's scale keeps the spread of the values the same from layer to layer.
    initializers.push(
      float32(weights, [width, size], normalNumbers(width * size, Math.sqrt(2 / width), uniform)),
      float32(bias, [size], new Float32Array(size)),
    )
    const sums = index === last ? 'scores' : `sums_${index}`
    nodes.push(node('Gemm', [from, weights, bias], [sums]))
    from = `hidden_${index}`
    if (index !== last) nodes.push(node('Relu', [sums], [from]))
    width = size
  }
  return {
    nodes,
    inputs: [value('values', 'float32', ['batch', sizes[0]])],
    outputs: [value('scores', 'float32', ['batch', width])],
    initializers,
  }
}
