/**
 * `node prune.ts FOLDER...`: removes what an image runs without: binaries of other platforms, sources of native code,
 * types, source maps and documentation. Licences stay.
 */
import { readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'

const HERE = `${process.platform}-${process.arch}`

for (const folder of process.argv.slice(2))
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory() ? isForeign(path) : isSuperfluous(path)) rmSync(path, { recursive: true, force: true })
  }

function isForeign(folder: string): boolean {
  const [, platform, arch] = /onnxruntime-node\/bin\/napi-v\d+\/(\w+)\/(\w+)$/.exec(folder.replaceAll(sep, '/')) ?? []
  if (platform !== undefined) return `${platform}-${arch}` !== HERE
  return /better-sqlite3\/(?:deps|src)$/.test(folder)
}

function isSuperfluous(file: string): boolean {
  if (basename(dirname(file)) === 'prebuilds') return basename(file, '.node') !== HERE
  return /\.(?:map|md|markdown|d\.[cm]?ts)$/i.test(file) && !/^licen[cs]e/i.test(basename(file))
}
