import { constants, existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncPath, unfinishedPath } from '../durable-file.ts'
import { AppError } from '../errors.ts'
import { contentHash, type HashCache, listContent } from './content-hash.ts'

/** A package that changes while it is copied is copied again this often. */
const TRIES = 3

/** Unchanging copies of packages, one folder for each content; versions are loaded from here only. */
export class Snapshots {
  readonly #dir: string
  readonly #cache: HashCache

  constructor(dir: string, cache: HashCache) {
    this.#dir = dir
    this.#cache = cache
  }

  dirOf(hash: string): string {
    return join(this.#dir, hash)
  }

  has(hash: string): boolean {
    return existsSync(this.dirOf(hash))
  }

  /** Bytes of all its files. */
  async sizeOf(hash: string): Promise<number> {
    const entries = await readdir(this.dirOf(hash), { withFileTypes: true, recursive: true })
    let bytes = 0
    for (const entry of entries) if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size
    return bytes
  }

  /**
   * Keeps the present content of a package and returns its hash.
   * @throws AppError `unavailable` when the package does not hold still.
   */
  async take(name: string, packageDir: string): Promise<string> {
    for (let i = 0; i < TRIES; i++) {
      const hash = await this.#tryToTake(name, packageDir)
      if (hash !== undefined) return hash
    }
    throw new AppError(
      'unavailable',
      `The package ${name} changes while it is read; it is read again when it has been copied whole`,
    )
  }

  /**
   * Keeps a package that lies on the same disk and belongs to nobody else, by moving it: what is not content is removed.
   * @returns its hash
   */
  async adopt(name: string, packageDir: string): Promise<string> {
    const hash = await contentHash(name, packageDir)
    if (this.has(hash)) return hash
    await keepContentOnly(packageDir)
    await rename(packageDir, this.dirOf(hash))
    await syncPath(this.#dir)
    return hash
  }

  /** In one step: what is half gone is nobody's snapshot. */
  async remove(hash: string): Promise<void> {
    if (!this.has(hash)) return
    const leaving = unfinishedPath(this.#dir)
    await rename(this.dirOf(hash), leaving)
    await rm(leaving, { recursive: true, force: true })
  }

  /** A folder on the same disk, empty, for what may become a snapshot; the next start removes it if nobody does. */
  async makeFolder(): Promise<string> {
    const folder = unfinishedPath(this.#dir)
    await mkdir(folder, { recursive: true })
    return folder
  }

  /** Returns undefined when the package changed meanwhile. */
  async #tryToTake(name: string, packageDir: string): Promise<string | undefined> {
    const copy = unfinishedPath(this.#dir)
    try {
      const hash = await contentHash(name, packageDir, this.#cache)
      if (this.has(hash)) return hash
      await copyContent(packageDir, copy)
      if ((await contentHash(name, copy)) !== hash) return
      await rename(copy, this.dirOf(hash))
      await syncPath(this.#dir)
      return hash
    } catch (error) {
      // A file that was listed has gone.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
      throw error
    } finally {
      await rm(copy, { recursive: true, force: true })
    }
  }

  /** Removes copies that were never finished and those that nothing refers to. */
  async sweep(referenced: ReadonlySet<string>): Promise<void> {
    if (!existsSync(this.#dir)) return
    for (const name of await readdir(this.#dir))
      if (!referenced.has(name)) await rm(join(this.#dir, name), { recursive: true, force: true })
  }
}

async function copyContent(from: string, to: string): Promise<void> {
  const folders = new Set([to])
  await mkdir(to, { recursive: true })
  for (const path of await listContent(from)) {
    const target = join(to, path)
    await mkdir(dirname(target), { recursive: true })
    folders.add(dirname(target))
    await copyFile(join(from, path), target, constants.COPYFILE_FICLONE)
    await syncPath(target)
  }
  for (const folder of folders) await syncPath(folder)
}

async function keepContentOnly(dir: string): Promise<void> {
  const content = await listContent(dir)
  const folders = new Set([dir])
  for (const file of content) {
    const path = join(dir, file)
    await chmod(path, 0o444)
    await syncPath(path)
    for (let folder = dirname(path); folder !== dir; folder = dirname(folder)) folders.add(folder)
  }
  const files = new Set(content.map((file) => join(dir, file)))
  for (const { parentPath, name } of await readdir(dir, { withFileTypes: true, recursive: true })) {
    const path = join(parentPath, name)
    if (!files.has(path) && !folders.has(path)) await rm(path, { recursive: true, force: true })
  }
  for (const folder of folders) await syncPath(folder)
}
