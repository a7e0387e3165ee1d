import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** Writes files, by path below the folder, and makes the folders they need. */
export function writeFiles(dir: string, files: Record<string, string | Buffer>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), content)
  }
}

/** Paths of all files below a folder, sorted; none where there is no folder. */
export function filesBelow(dir: string): string[] {
  if (!existsSync(dir)) return []
  const entries = readdirSync(dir, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => !entry.isDirectory())
  return files.map(({ parentPath, name }) => relative(dir, join(parentPath, name))).sort()
}

/** The code of a model that says what it is told, after a word of its own. */
export function echo(word = 'said'): string {
  return `
import { defineModel, Type } from 'reprise/model'
export default defineModel({
  input: Type.Object({ text: Type.String({ minLength: 2 }) }),
  output: Type.String(),
  predict: ({ text }) => '${word} ' + text,
})`
}

/** The code of a model that gives back the file that it gets. */
export const COPIES_FILE = `
import { defineModel, fileInput, fileOutput, Type } from 'reprise/model'
export default defineModel({
  input: Type.Object({ file: fileInput() }),
  output: fileOutput(),
  async predict({ file }, ctx) {
    return ctx.file(await file.bytes(), { name: 'copy.txt' })
  },
})`
