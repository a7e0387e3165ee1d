import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolderDurably } from '../durable-file.ts'
import { errorCode } from '../error-code.ts'

/** The folder of each prediction that has files: inputs until the run is over, outputs as long as its data. */
export class PredictionFolders {
  readonly root: string

  private constructor(root: string) {
    this.root = root
  }

  static async open(root: string): Promise<PredictionFolders> {
    await makeFolderDurably(root)
    return new PredictionFolders(root)
  }

  pathOf(id: string, file = ''): string {
    return join(this.root, id, file)
  }

  /** Makes an empty folder; what an earlier try left in it is removed. */
  async create(id: string): Promise<void> {
    await this.remove(id)
    await makeFolderDurably(this.pathOf(id))
  }

  async remove(id: string): Promise<void> {
    await rm(this.pathOf(id), { recursive: true, force: true })
  }

  /** Removes every other file, and the folder when nothing stays. */
  async keepOnly(id: string, files: ReadonlySet<string>): Promise<void> {
    if (files.size === 0) return this.remove(id)
    for (const name of await this.#namesIn(id))
      if (!files.has(name)) await rm(this.pathOf(id, name), { recursive: true, force: true })
  }

  async #namesIn(id: string): Promise<string[]> {
    try {
      return await readdir(this.pathOf(id))
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return []
      throw error
    }
  }

  /** Ids of all predictions that have a folder. */
  list(): Promise<string[]> {
    return readdir(this.root)
  }
}
