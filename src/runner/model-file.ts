import { parseContentType } from '../files/content-type.ts'
import { isRecord } from '../is-record.ts'
import type { FileOutput } from '../models/define-model.ts'

/** What `ctx.file` makes: a file on its way to the output. */
export class ModelFile implements FileOutput {
  readonly name: string
  readonly bytes: Uint8Array
  readonly type: string | undefined

  /** @throws when a model's code, which no compiler may have seen, gives something else than bytes and a name */
  constructor(bytes: Uint8Array, options: { name: string; type?: string }) {
    if (!(bytes instanceof Uint8Array))
      throw new Error(
        `ctx.file takes bytes as a Uint8Array, not ${typeof bytes}; Buffer.from(text) makes some of a text`,
      )
    if (!isRecord(options) || typeof options.name !== 'string')
      throw new Error('ctx.file needs a name: ctx.file(bytes, { name: "picture.png" })')
    const { name, type, ...unknown } = options
    if (Object.keys(unknown).length > 0)
      throw new Error(`ctx.file knows the options name and type, but not ${Object.keys(unknown).join(', ')}`)
    if (type !== undefined && parseContentType(String(type)) === undefined)
      throw new Error(`ctx.file: ${type} is no type such as image/png`)
    this.bytes = bytes
    this.name = name
    this.type = type
  }
}
