import { copyFile, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncPath, unfinishedPath } from '../durable-file.ts'
import { type Cover, findCover } from './about.ts'

/** The cover images of models of accounts; those of packages stay where they are. */
export class Covers {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async find(model: string): Promise<Cover | undefined> {
    return findCover(join(this.#root, model)).catch(() => undefined)
  }

  /** Takes the place of the one before; without one, that goes. */
  async put(model: string, cover: Cover | undefined): Promise<Cover | undefined> {
    const folder = join(this.#root, model)
    const former = await this.find(model)
    if (!cover && !former) return
    await mkdir(folder, { recursive: true })
    if (cover) {
      const unfinished = unfinishedPath(folder)
      await copyFile(cover.path, unfinished)
      await syncPath(unfinished)
      await rename(unfinished, join(folder, cover.name))
    }
    if (former && former.name !== cover?.name) await rm(former.path, { force: true })
    return cover && { path: join(folder, cover.name), name: cover.name }
  }

  async remove(model: string): Promise<void> {
    await rm(join(this.#root, model), { recursive: true, force: true })
  }
}
