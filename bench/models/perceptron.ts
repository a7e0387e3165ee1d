import { defineModel, Tensor, Type } from 'reprise/model'
import { bestOfRows, fillFrom } from './numbers.ts'

const WIDTH = 1024

/** Classifies one row of numbers made from the seed. */
export default defineModel({
  input: Type.Object({ seed: Type.Integer() }),
  output: Type.Integer(),
  setup: (ctx) => ctx.session('model.onnx'),
  async predict({ seed }, ctx) {
    const values = new Float32Array(WIDTH)
    fillFrom(seed, values)
    const { scores } = await ctx.state.run({ values: new Tensor('float32', values, [1, WIDTH]) })
    return bestOfRows(scores, 1)[0] ?? 0
  },
})
