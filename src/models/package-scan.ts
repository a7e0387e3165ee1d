import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { listPackageDirs, packageName } from './package.ts'

/**
 * Folders of packages by name; where two parents hold the same name, the first wins.
 * @param onIgnored hears of what cannot be a package, or cannot be read
 */
export async function findPackages(
  parents: readonly string[],
  onIgnored: (dir: string, reason: string) => void,
): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const parent of parents)
    for (const dir of await listPackageDirs(parent, onIgnored))
      if (!found.has(packageName(dir))) found.set(packageName(dir), dir)
  return found
}

/**
 * Changes whenever a file of the folder does, as far as size, time and inode tell: cheap enough to be asked for again and
 * again. Undefined while files come and go.
 */
export async function fingerprintOf(dir: string): Promise<string | undefined> {
  const hash = createHash('sha256').update(dir)
  try {
    for await (const path of filesBelow(dir, '')) {
      const { size, mtimeMs, ctimeMs, ino } = await stat(join(dir, path))
      hash.update(`\n${path} ${size} ${mtimeMs} ${ctimeMs} ${ino}`)
    }
  } catch {
    return
  }
  return hash.digest('hex')
}

async function* filesBelow(root: string, folder: string): AsyncGenerator<string> {
  const entries = await readdir(join(root, folder), { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesBelow(root, path)
    else yield path
  }
}
