import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'

/** Of what a failed command printed, so much is shown. */
const SHOWN_LINES = 40

/**
 * Runs a program to its end.
 * @returns what it wrote to standard output
 * @throws Error with the last of what it printed, when it fails
 */
export async function execute(program: string, args: readonly string[], env = process.env): Promise<string> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (code === 0) return output
  const printed = `${output}${errors}`.trim().split('\n').slice(-SHOWN_LINES).join('\n')
  throw new Error(`${program} ${args.slice(0, 4).join(' ')} ended with ${code}:\n${printed}`)
}

/** Of some programs, those that this machine does not have. */
export function missingOf(programs: readonly string[], searchPath: string): string[] {
  const folders = searchPath.split(delimiter)
  return programs.filter((name) => !folders.some((folder) => isExecutable(join(folder, name))))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
