import { defineModel, Tensor, Type } from 'reprise/model'

/** Enters a loop of the engine that never ends. */
export default defineModel({
  input: Type.Object({}),
  output: Type.String(),
  setup: (ctx) => ctx.session('model.onnx'),
  async predict(_input, ctx) {
    await ctx.state.run({ x: new Tensor('float32', [1], [1]) })
    return 'never said'
  },
})
