import { defineModel, Tensor, Type } from 'reprise/model'
import { bestOfRows, fillFrom } from './numbers.ts'

const DIMS = [1, 3, 224, 224]

/** Classifies one picture of noise, of which the seed sets a single pixel: what costs time is the network. */
export default defineModel({
  input: Type.Object({ seed: Type.Integer() }),
  output: Type.Integer(),
  async setup(ctx) {
    const pixels = new Float32Array(DIMS.reduce((product, size) => product * size))
    fillFrom(1, pixels)
    return { session: await ctx.session('model.onnx'), pixels }
  },
  async predict({ seed }, { state: { session, pixels } }) {
    pixels[0] = Math.sin(seed)
    const { scores } = await session.run({ pixels: new Tensor('float32', pixels, DIMS) })
    return bestOfRows(scores, 1)[0] ?? 0
  },
})
