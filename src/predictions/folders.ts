import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolderDurably } from '../durable-file.ts'
import { errorCode } from '../error-code.ts'
import { SweepGate } from '../sweep-gate.ts'

/** The folder of each prediction that has files: inputs until the run is over, outputs as long as its data. */
export class PredictionFolders {
  readonly root: string
  readonly #gate: SweepGate

  private constructor(root: string, gate: SweepGate) {
    this.root = root
    this.#gate = gate
  }

  static async open(root: string, gate = new SweepGate()): Promise<PredictionFolders> {
    await makeFolderDurably(root)
    return new PredictionFolders(root, gate)
  }

  pathOf(id: string, file = ''): string {
    return join(this.root, id, file)
  }

  /** Makes an empty folder; what an earlier try left in it is removed. */
  async create(id: string): Promise<void> {
    this.#gate.forget(this.pathOf(id))
    await this.#removeNow(id)
    await makeFolderDurably(this.pathOf(id))
  }

  /** While folders are copied it is removed afterwards. */
  remove(id: string): Promise<void> {
    return this.#gate.remove(this.pathOf(id), () => this.#removeNow(id))
  }

  /** Removes every other file, and the folder when nothing stays. */
  keepOnly(id: string, files: ReadonlySet<string>): Promise<void> {
    return this.#gate.remove(this.pathOf(id), () => this.#keepOnlyNow(id, files))
  }

  async #removeNow(id: string): Promise<void> {
    await rm(this.pathOf(id), { recursive: true, force: true })
  }

  async #keepOnlyNow(id: string, files: ReadonlySet<string>): Promise<void> {
    if (files.size === 0) return this.#removeNow(id)
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
