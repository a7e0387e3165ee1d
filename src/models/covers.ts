import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDurably } from '../durable-file.ts'
import { errorCode } from '../error-code.ts'
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

  /** Takes the place of the one before; without one, that stays. */
  async put(model: string, picture: { name: string; bytes: Uint8Array } | undefined): Promise<Cover | undefined> {
    if (!picture) return
    const folder = join(this.#root, model)
    const former = await this.find(model)
    await mkdir(folder, { recursive: true })
    const path = join(folder, picture.name)
    await writeDurably(path, picture.bytes)
    if (former && former.name !== picture.name) await rm(former.path, { force: true })
    return { path, name: picture.name }
  }

  /** Removes those of models that are not there: a server that was killed left them. */
  async sweep(models: ReadonlySet<string>): Promise<void> {
    for (const owner of await namesIn(this.#root))
      for (const name of await namesIn(join(this.#root, owner)))
        if (!models.has(`${owner}/${name}`)) await this.remove(`${owner}/${name}`)
  }

  async remove(model: string): Promise<void> {
    await rm(join(this.#root, model), { recursive: true, force: true })
  }
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}
