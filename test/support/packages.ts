import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Writes files, by path below the folder, and makes the folders they need. */
export function writeFiles(dir: string, files: Record<string, string | Buffer>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), content)
  }
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
