import { defineModel, Tensor, Type } from 'reprise/model'

export default defineModel({
  input: Type.Object({
    text: Type.String({ description: "Text to prefix with 'hello '" }),
  }),
  output: Type.String(),

  async setup(ctx) {
    return ctx.session('hello.onnx')
  },

  async predict(input, ctx) {
    const { greeting } = await ctx.state.run({ text: new Tensor('string', [input.text], [1]) })
    return String(greeting?.data[0])
  },
})
