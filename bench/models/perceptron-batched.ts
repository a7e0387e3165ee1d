import { defineModel, Tensor, Type } from 'reprise/model'
import { bestOfRows, fillFrom } from './numbers.ts'

const WIDTH = 1024

/** Classifies as many rows as wait, each made from a seed, in one run of the network. */
export default defineModel({
  input: Type.Object({ seed: Type.Integer() }),
  output: Type.Integer(),
  setup: (ctx) => ctx.session('model.onnx'),
  async predictBatch(inputs, ctx) {
    const values = new Float32Array(inputs.length * WIDTH)
    for (const [row, { seed }] of inputs.entries()) fillFrom(seed, values.subarray(row * WIDTH, (row + 1) * WIDTH))
    const { scores } = await ctx.state.run({ values: new Tensor('float32', values, [inputs.length, WIDTH]) })
    return bestOfRows(scores, inputs.length)
  },
})
