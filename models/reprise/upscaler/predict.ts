import { parse } from 'node:path'
import { choices, defineModel, fileInput, fileOutput, Type } from 'reprise/model'
import { enlarge } from './enlarge.ts'
import { readOnlyKnownFormats, readPicture } from './read-picture.ts'
import { writePicture } from './write-picture.ts'

const ENDINGS = { png: 'png', jpeg: 'jpg', webp: 'webp' }

export default defineModel({
  input: Type.Object({
    image: fileInput({
      accept: 'image/*',
      description:
        'A PNG, JPEG or WebP picture of at most 4,194,304 pixels (2048 x 2048) at 2x, or 1,048,576 (1024 x 1024) at 4x',
    }),
    scale: choices([2, 4], { default: 2, description: 'How many times as wide and as high the result is' }),
    format: choices(['png', 'jpeg', 'webp'], {
      default: 'png',
      description: 'The file format of the result; what is transparent becomes white in jpeg',
    }),
    quality: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 90,
      description: 'Of a jpeg or webp file: higher is closer to the picture and larger',
    }),
  }),
  output: fileOutput(),

  async setup(ctx) {
    readOnlyKnownFormats()
    return { 2: await ctx.session('enlarge-2x.onnx'), 4: await ctx.session('enlarge-4x.onnx') }
  },

  async predict({ image, scale, format, quality }, ctx) {
    const picture = await readPicture(image, scale, format)
    ctx.log(`${picture.width} x ${picture.height} to ${picture.width * scale} x ${picture.height * scale} pixels`)
    const large = await enlarge(picture, ctx.state[scale], scale, {
      before: () => ctx.signal.throwIfAborted(),
      after: (done, all) => {
        const tenths = Math.floor((10 * done) / all)
        if (tenths > Math.floor((10 * (done - 1)) / all)) ctx.log(`${tenths * 10} %`)
      },
    })
    ctx.signal.throwIfAborted()
    const bytes = await writePicture({ ...large, isGrey: picture.isGrey }, format, quality)
    return ctx.file(bytes, { name: `${parse(image.name).name || 'picture'}-${scale}x.${ENDINGS[format]}` })
  },
})
