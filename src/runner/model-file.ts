import { parseContentType } from '../files/content-type.ts'
import type { FileOutput } from '../models/define-model.ts'

/** What `ctx.file` makes: a file on its way to the output. */
export class ModelFile implements FileOutput {
  readonly name: string
  readonly bytes: Uint8Array
  readonly type: string | undefined

  /** @throws when a model's code, which no compiler may have seen, gives something else than bytes and a name */
  constructor(bytes: Uint8Array, { name, type }: { name: string; type?: string }) {
    if (!(bytes instanceof Uint8Array)) throw new Error(`ctx.file takes bytes as a Uint8Array, not ${typeof bytes}`)
    if (type !== undefined && parseContentType(String(type)) === undefined)
      throw new Error(`ctx.file: ${type} is no type such as image/png`)
    if (typeof name !== 'string') throw new Error('ctx.file needs a name: ctx.file(bytes, { name: "picture.png" })')
    this.bytes = bytes
    this.name = name
    this.type = type
  }
}
