import { defineTraining, fileInput, Type } from 'reprise/model'
import { accuracyOf, examplesOf } from './accuracy.ts'
import { assertTrainable } from './assert-trainable.ts'
import { chooseColours } from './choose-colours.ts'
import { type ClassFolders, classFolders } from './class-folders.ts'
import { fitHead } from './fit-head.ts'
import { MOST_CLASSES } from './limits.ts'
import { packageFiles } from './package-files.ts'
import { readExamples } from './read-examples.ts'
import { readOnlyKnownFormats } from './read-picture.ts'
import { openZip } from './zip-archive.ts'

/** So many files outside of the folders are named in the logs. */
const MOST_LOOSE_NAMED = 5

export default defineTraining({
  input: Type.Object({
    images: fileInput({
      accept: '.zip',
      description:
        `A zip of 2 to ${MOST_CLASSES} folders, one for each class and named for it, of PNG, JPEG, WebP or GIF ` +
        `pictures; five of each class are a beginning`,
    }),
    flip: Type.Boolean({
      default: false,
      description: 'Learn from mirror images, too: good where left and right mean nothing, bad for letters and arrows',
    }),
  }),

  async train({ images, flip }, ctx) {
    readOnlyKnownFormats()
    const zip = await openZip(images, ctx.signal)
    try {
      const folders = classFolders(zip.paths)
      assertTrainable(folders, images.name)
      logFolders(folders, ctx.log)
      const labels = [...folders.classes.keys()]
      const network = await ctx.session('features.onnx')
      const pictures = await readExamples(zip, folders.classes, network, flip, ctx)
      const { colours, heldOut } = await chooseColours(pictures, labels.length, ctx.signal)
      const weights = await fitHead(examplesOf(pictures), labels.length, colours, ctx.signal)
      const accuracy = accuracyOf(weights, pictures, labels.length)

      ctx.metric('classes', labels.length)
      ctx.metric('pictures', pictures.length)
      ctx.metric('train_accuracy', accuracy)
      ctx.log(`${percent(accuracy)} of the pictures are told right`)
      if (heldOut !== undefined) {
        ctx.metric('held_out_accuracy', heldOut)
        ctx.log(`${percent(heldOut)} are told right by a head that is fitted without them, as new pictures will be`)
      }
      return packageFiles({ labels, weights }, ctx.path)
    } finally {
      zip.close()
    }
  },
})

function logFolders({ classes, loose }: ClassFolders, log: (text: string) => void): void {
  log(`${classes.size} classes: ${[...classes].map(([label, paths]) => `${label} (${paths.length})`).join(', ')}`)
  if (loose.length > 0) {
    const more = loose.length - MOST_LOOSE_NAMED
    log(
      `Left out, in no folder of a class: ${loose.slice(0, MOST_LOOSE_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    )
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
