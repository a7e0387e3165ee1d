import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { canonicalJson } from '../canonical-json.ts'
import { AppError } from '../errors.ts'
import { COVER_IMAGE } from './about.ts'
import { parsePlainYaml } from './plain-yaml.ts'

export interface FileFacts {
  path: string
  size: number
  modifiedAt: number
  inode: number
}

/** Remembers the hashes of files that have not changed. */
export interface HashCache {
  find(facts: FileFacts): string | undefined
  remember(facts: FileFacts, sha256: string): void
}

const LEFT_OUT = new Set(['README.md', 'examples', 'node_modules'])
/** What can change in model.yaml without making another model of it (rules 5). */
const YAML_LEFT_OUT = ['description', 'visibility', 'license_url', 'github_url', 'paper_url', 'cover_image_url', 'run']

/**
 * Files that belong to the content of a package, as sorted paths below it. Links to files count as what they point to.
 * @throws AppError `invalid` for a link to a folder, which is not followed
 */
export function listContent(dir: string): Promise<string[]> {
  return listFiles(dir, (parts) => isPartOfPackage(parts) && isContent(parts))
}

/** The same with what only describes the model: its readme, its examples, its cover image. */
export function listPackage(dir: string): Promise<string[]> {
  return listFiles(dir, isPartOfPackage)
}

async function listFiles(dir: string, isListed: (parts: string[]) => boolean): Promise<string[]> {
  const files: string[] = []
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name).slice(dir.length + 1)
    if (entry.isDirectory() || !isListed(path.split('/'))) continue
    if (entry.isSymbolicLink() && (await stat(join(dir, path))).isDirectory())
      throw new AppError('invalid', `${path} is a link to a folder; put the folder itself into the package`)
    files.push(path)
  }
  return files.sort()
}

function isPartOfPackage(parts: string[]): boolean {
  return !parts.some((part) => part.startsWith('.') || part === 'node_modules')
}

function isContent([first = '']: string[]): boolean {
  return !LEFT_OUT.has(first) && !COVER_IMAGE.test(first)
}

/** SHA-256 over the model's name and its content: the id of the version unless the package pins one. */
export async function contentHash(name: string, dir: string, cache?: HashCache): Promise<string> {
  const hash = createHash('sha256').update(`${name}\n`)
  for (const path of await listContent(dir)) {
    if (path === 'model.yaml') {
      const yaml = canonicalYaml(await readFile(join(dir, path), 'utf8'))
      // A file that sets nothing that counts is as good as none.
      if (yaml === '{}') continue
      hash.update(`${path}\n${Buffer.byteLength(yaml)}\n${createHash('sha256').update(yaml).digest('hex')}\n`)
    } else {
      const { size, sha256 } = await hashFile(join(dir, path), cache)
      hash.update(`${path}\n${size}\n${sha256}\n`)
    }
  }
  return hash.digest('hex')
}

async function hashFile(path: string, cache: HashCache | undefined): Promise<{ size: number; sha256: string }> {
  const { size, mtimeMs: modifiedAt, ino: inode } = await stat(path)
  const facts = { path, size, modifiedAt, inode }
  const known = cache?.find(facts)
  if (known) return { size, sha256: known }
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  const sha256 = hash.digest('hex')
  cache?.remember(facts, sha256)
  return { size, sha256 }
}

/** The settings that count, in an order that does not depend on how they were written. */
function canonicalYaml(text: string): string {
  const content = parsePlainYaml(text)
  if (typeof content !== 'object' || content === null) return '{}'
  const counted = Object.entries(content).filter(([key]) => !YAML_LEFT_OUT.includes(key))
  return canonicalJson(Object.fromEntries(counted))
}
