import { readFile } from 'node:fs/promises'
import { defineModel, fileInput, Type } from 'reprise/model'
import { featuresOf } from './features.ts'
import { HEAD_FILE, parseHead, scoresOf } from './head.ts'
import { MOST_CLASSES } from './limits.ts'
import { readOnlyKnownFormats, readPicture } from './read-picture.ts'
import { viewOf } from './views.ts'

export default defineModel({
  input: Type.Object({
    image: fileInput({
      accept: 'image/*',
      description: 'A PNG, JPEG, WebP or GIF picture of at most 50 million pixels',
    }),
    top_k: Type.Integer({
      minimum: 1,
      maximum: MOST_CLASSES,
      default: 5,
      description: 'How many of the classes to name, from the likeliest on',
    }),
  }),
  output: Type.Array(
    Type.Object({
      label: Type.String(),
      score: Type.Number({ description: 'From 0 to 1; those of all classes make 1' }),
    }),
  ),

  async setup(ctx) {
    readOnlyKnownFormats()
    return {
      network: await ctx.session('features.onnx'),
      head: parseHead(await readFile(ctx.path(HEAD_FILE), 'utf8')),
    }
  },

  async predict({ image, top_k }, ctx) {
    const { network, head } = ctx.state
    const picture = await readPicture(image.path, image.name)
    const [features] = await featuresOf([viewOf(picture)], network)
    if (!features) throw new TypeError('The network returned nothing')
    return scoresOf(features, head).slice(0, top_k)
  },
})
