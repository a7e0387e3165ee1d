// The package as it is run, in this process.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { registerHooks } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import type { FileInput, PackageFiles } from '../../src/models/define-model.ts'

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === 'reprise/model' ? import.meta.resolve('../../src/models/define-model.ts') : specifier, context),
})
const { default: classifier } = await import('../../models/reprise/classifier/predict.ts')
const { default: training } = await import('../../models/reprise/classifier/train.ts')

export const PACKAGE = join(import.meta.dirname, '../../models/reprise/classifier')

const signal = new AbortController().signal

function contextOf(dir: string) {
  const path = (file: string) => join(dir, file)
  const session = (file: string) => InferenceSession.create(path(file), { intraOpNumThreads: 1 })
  return { path, session, log: () => undefined, metric: () => undefined, signal }
}

function fileInput(path: string): FileInput {
  return { path, name: basename(path), contentType: 'application/octet-stream', bytes: () => readFile(path) }
}

/** What the training makes of a zip of folders. */
export async function train(zip: string, flip = false): Promise<PackageFiles> {
  return training.train({ images: fileInput(zip), flip }, contextOf(PACKAGE))
}

/** Gives the label that a package of a trained version finds likeliest. */
export async function classifierOf(files: PackageFiles): Promise<(picture: string) => Promise<string | undefined>> {
  const dir = mkdtempSync(join(tmpdir(), 'classifier-'))
  try {
    for (const [path, content] of Object.entries(files)) writeFileSync(join(dir, path), content)
    const context = contextOf(dir)
    const state = await classifier.setup?.(context)
    if (!state) throw new TypeError('The package loads no network')
    return async (picture) => {
      const file = (bytes: Uint8Array, { name }: { name: string }) => ({ bytes, name })
      const scores = await classifier.predict({ image: fileInput(picture), top_k: 1 }, { ...context, state, file })
      return Array.isArray(scores) ? scores[0]?.label : undefined
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
}
