import { readFile } from 'node:fs/promises'
import { packagePath } from '../runner/engine.ts'

/** @throws Error that names the setting when the package has no such file */
export async function readText(dir: string, file: string, setting: string): Promise<string> {
  try {
    return await readFile(packagePath(dir, file), 'utf8')
  } catch (cause) {
    throw new Error(`${setting}: ${file} cannot be read; put it into the folder of the package`, { cause })
  }
}

export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`${file} is not valid JSON`, { cause })
  }
}
