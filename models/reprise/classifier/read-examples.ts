import type { InferenceSession } from 'onnxruntime-common'
import type { TrainContext } from 'reprise/model'
import { featuresOf } from './features.ts'
import { readPicture } from './read-picture.ts'
import { mirrored, viewOf } from './views.ts'
import type { ZipArchive } from './zip-archive.ts'

/** A picture as it is learned from. */
export interface PictureFeatures {
  /** The number of its class. */
  label: number
  /** Of the picture, and of its mirror image where that is learned from, too. */
  views: Float32Array[]
}

/** So many that cannot be read are named in the logs. */
const MOST_NAMED = 20

/**
 * Reads one picture after the other and looks at it. Those that cannot be read are left out, and the logs say so.
 * @param classes the paths of their pictures by label
 * @throws when all pictures of a class cannot be read
 */
export async function readExamples(
  zip: ZipArchive,
  classes: ReadonlyMap<string, readonly string[]>,
  network: InferenceSession,
  flip: boolean,
  ctx: Pick<TrainContext, 'log' | 'signal'>,
): Promise<PictureFeatures[]> {
  const all = [...classes.values()].reduce((sum, paths) => sum + paths.length, 0)
  const examples: PictureFeatures[] = []
  let done = 0
  let leftOut = 0
  for (const [label, [name, paths]] of [...classes].entries()) {
    const before = examples.length
    for (const path of paths) {
      ctx.signal.throwIfAborted()
      const bytes = await zip.read(path)
      const picture = await readPicture(bytes, path).catch((error: Error) => error)
      if (picture instanceof Error) {
        leftOut += 1
        if (leftOut <= MOST_NAMED) ctx.log(`Left out: ${picture.message}`)
      } else {
        const view = viewOf(picture)
        examples.push({ label, views: await featuresOf(flip ? [view, mirrored(view)] : [view], network) })
      }
      done += 1
      const tenths = Math.floor((10 * done) / all)
      if (tenths > Math.floor((10 * (done - 1)) / all)) ctx.log(`${tenths * 10} % of the pictures looked at`)
    }
    if (examples.length === before)
      throw new Error(
        `Nothing in the folder ${name} can be read as a PNG, JPEG, WebP or GIF picture; ${paths[0]} is the first of ` +
          `${paths.length} files there. Put pictures of these formats into it, or leave the folder out`,
      )
  }
  if (leftOut > MOST_NAMED) ctx.log(`Left out: ${leftOut - MOST_NAMED} more`)
  return examples
}
