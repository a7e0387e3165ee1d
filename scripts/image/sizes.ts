import { execute } from './commands.ts'

const SHOWN = 14
const MB = 1e6

/** Bytes of all files below a folder. */
export async function bytesOf(folder: string): Promise<number> {
  const [bytes] = (await execute('du', ['--summarize', '--bytes', '--one-file-system', folder])).split('\t')
  return Number(bytes)
}

/** The largest folders, up to three below the root, each with all that is in it. */
export async function largestFolders(root: string): Promise<string[]> {
  const lines = (await execute('du', ['--bytes', '--one-file-system', '--max-depth=3', root])).trim().split('\n')
  return lines
    .map((line): [number, string] => {
      const [bytes = '', path = ''] = line.split('\t')
      return [Number(bytes), path.slice(root.length)]
    })
    .filter(([, path]) => path !== '')
    .sort(([a], [b]) => b - a)
    .slice(0, SHOWN)
    .map(([bytes, path]) => `${inMegabytes(bytes).padStart(12)}  ${path}`)
}

export function inMegabytes(bytes: number): string {
  return `${(bytes / MB).toFixed(1)} MB`
}
