import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { unfinishedPath } from '../durable-file.ts'
import { errorCode } from '../error-code.ts'
import { AppError, messageOf } from '../errors.ts'
import { tidyFileName } from '../files/tidy-file-name.ts'

/** Where the files of an output go: into a folder, or one of them to a path of its own. */
export class OutputPlace {
  readonly #folder: string
  /** Of the one file that may come. */
  readonly #path: string | undefined
  readonly #force: boolean
  readonly #written = new Set<string>()

  private constructor(folder: string, path: string | undefined, force: boolean) {
    this.#folder = folder
    this.#path = path
    this.#force = force
  }

  /**
   * @param given an existing folder, or the path of a file to be
   * @throws AppError `configuration` when nothing can be written there
   */
  static async at(given: string, force: boolean): Promise<OutputPlace> {
    const path = resolve(given)
    const facts = await stat(path).catch(() => undefined)
    if (facts?.isDirectory()) return new OutputPlace(path, undefined, force)
    if (facts && !force) throw exists(path)
    const parent = await stat(dirname(path)).catch(() => undefined)
    if (given.endsWith('/') || !parent?.isDirectory())
      throw new AppError('configuration', `There is no folder ${given.endsWith('/') ? path : dirname(path)}`)
    return new OutputPlace(dirname(path), path, force)
  }

  /**
   * Writes a file, whole or not at all, and never over one that is there, unless told to.
   * @param name what the server calls it
   * @returns its path
   */
  async write(name: string, content: AsyncIterable<Uint8Array>): Promise<string> {
    if (this.#path !== undefined && this.#written.size > 0)
      throw new AppError('invalid', 'there is more than one file; --output has to name a folder for them')
    const path = this.#path ?? this.#freePath(name)
    this.#written.add(path)
    const target = this.#force ? unfinishedPath(this.#folder) : path
    const file = await open(target, 'wx').catch((error) => {
      throw errorCode(error) === 'EEXIST' ? exists(path) : unsavable(path, error)
    })
    try {
      await pipeline(content, file.createWriteStream())
      if (target !== path) await rename(target, path)
    } catch (error) {
      await rm(target, { force: true })
      throw error instanceof AppError ? error : unsavable(path, error)
    }
    return path
  }

  /** In the folder; a name that an earlier file of this output has gets a number. */
  #freePath(name: string): string {
    // A hidden file, such as a setting of a shell, is nothing for a model to make.
    const tidy = tidyFileName(tidyFileName(name).replace(/^\.+/, ''))
    const [, stem = tidy, ending = ''] = /^(.+?)(\.[^.]*)?$/s.exec(tidy) ?? []
    let path = join(this.#folder, tidy)
    for (let number = 2; this.#written.has(path); number++) path = join(this.#folder, `${stem}-${number}${ending}`)
    return path
  }
}

function exists(path: string): AppError {
  return new AppError('configuration', `${path} is there already; --force writes over it, --output names another place`)
}

function unsavable(path: string, error: unknown): AppError {
  return new AppError('invalid', `${path} cannot be saved: ${messageOf(error)}`, { cause: error })
}
