import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Command } from '../../src/cli/command.ts'
import { terminalOf } from '../../src/cli/terminal.ts'
import { AppError } from '../../src/errors.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface Ended {
  /** The exit code, or the signal that ended it. */
  code: number | NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface RunningCommand {
  process: ChildProcess
  ended: Promise<Ended>
}

interface Surroundings {
  cwd?: string
  /** What it finds in standard input. */
  input?: string
  environment?: NodeJS.ProcessEnv
}

/** Starts `reprise` with these arguments in a process of its own; it is killed when the test ends. */
export function startReprise(args: readonly string[], surroundings: Surroundings = {}): RunningCommand {
  const { cwd, input = '', environment = {} } = surroundings
  const child = spawn(process.execPath, [MAIN, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...environment },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text) => {
      written[name] += text
    })
  // It may not read all of it.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code: signal ?? code, ...written }))
  })
  return { process: child, ended }
}

/** Lets `reprise` run to its end in a process of its own. */
export function runReprise(args: readonly string[], surroundings: Surroundings = {}): Promise<Ended> {
  return startReprise(args, surroundings).ended
}

/**
 * Lets a command run to its end in this process, which is faster; errors are shown as `main` shows them.
 * @param watched whether it writes to terminals
 */
export async function runCommand(
  command: Command,
  args: readonly string[],
  { input = '', watched = false }: { input?: string; watched?: boolean } = {},
): Promise<Ended> {
  const written = { stdout: '', stderr: '' }
  const screen = (name: keyof typeof written) => ({
    isTTY: watched,
    write(text: string) {
      written[name] += text
    },
  })
  const stdin = (async function* () {
    yield Buffer.from(input)
  })()
  const streams = { stdin, stdout: screen('stdout'), stderr: screen('stderr'), env: {} }
  try {
    await command(args, terminalOf(streams, new Promise(() => {})))
    return { code: 0, ...written }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { code: 1, stdout: written.stdout, stderr: `${written.stderr}${error.message}\n` }
  }
}
