import { hash } from 'node:crypto'
import type { WirePrediction } from '../../src/predictions/schema.ts'

/** What `test/describes-files` says of a file that it was given. */
export interface DescribedFile {
  name: string
  contentType: string
  size: number
  sha256: string
  absolute: boolean
}

export interface Description {
  file: DescribedFile | null
  files: DescribedFile[]
  nested: (DescribedFile | null)[]
  text: { length: number; begin: string } | null
  values: number | null
}

/** What the model has to say of a file with these bytes. */
export function described(bytes: Uint8Array, name: string, contentType: string): DescribedFile {
  return { name, contentType, size: bytes.length, sha256: hash('sha256', bytes), absolute: true }
}

/** The output of `test/describes-files`, in the shape that the test knows it to have. */
export function descriptionOf({ status, error, output }: WirePrediction): Description {
  if (status !== 'succeeded') throw new Error(`The prediction has ${status}: ${error}`)
  return JSON.parse(JSON.stringify(output))
}
