/** Models that others have made and published. Their weights lie beside the repository, not in it. */
import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

export const PUBLISHED = fileURLToPath(new URL('../../../shared/models', import.meta.url))
const PACKAGES = fileURLToPath(new URL('../fixtures/real-models', import.meta.url))

/** Folder of what was published, by the name of the package that serves it. */
const SOURCES = {
  'real/low-light': 'mdturp__low-light-sci',
  'real/faces': 'linzaer__ultraface-rfb-320',
  'real/digits': 'xboot__mnist-8',
  'real/speech': 'snakers4__silero-vad',
}

export type RealModel = keyof typeof SOURCES

export const realModelsAreHere = existsSync(PUBLISHED)

/** Makes of an empty folder one of packages, each with its weights. */
export function installRealModels(dir: string): void {
  cpSync(PACKAGES, dir, { recursive: true })
  for (const [name, source] of Object.entries(SOURCES))
    symlinkSync(join(PUBLISHED, source, 'model.onnx'), join(dir, name, 'model.onnx'))
}

/** A file that was published with a model, such as `samples/test.wav`. */
export function published(model: RealModel, file: string): Buffer {
  return readFileSync(join(PUBLISHED, SOURCES[model], file))
}

/** What `expected.json` says, in the shape that the test knows it to have. */
export function expectedOf<Expected>(model: RealModel): Expected {
  return JSON.parse(published(model, 'expected.json').toString())
}

/** One of its cases. */
export function expectedCase<Case>(model: RealModel, name: string): Case {
  const found = expectedOf<{ cases: (Case & { name: string })[] }>(model).cases.find((one) => one.name === name)
  if (!found) throw new Error(`${model} has no case ${name}`)
  return found
}

/** Numbers that were published in a file of their own. */
export function publishedFloats(model: RealModel, file: string): Float32Array {
  return new Float32Array(Uint8Array.from(published(model, file)).buffer)
}

/** Numbers that a model should give, and how far off each may be: by `atol`, and by `rtol` of itself. */
export interface ExpectedNumbers {
  data: readonly number[]
  atol: number
  rtol?: number
}

/** Says which numbers are off. */
export function expectNumbers(got: readonly number[], { data, atol, rtol = 0 }: ExpectedNumbers): void {
  expect(got).toHaveLength(data.length)
  const off = data.flatMap((wanted, index) => {
    const difference = Math.abs((got[index] ?? Number.NaN) - wanted)
    return difference <= atol + rtol * Math.abs(wanted) ? [] : [`${index}: ${got[index]} instead of ${wanted}`]
  })
  expect(off).toEqual([])
}
