/**
 * No runner outlives the server, not even one deep in native code, whose event loop does not turn.
 *
 * On Linux the kernel sees to it: `setpriv` asks for a SIGKILL at the death of the parent and then becomes the runner.
 * Elsewhere a thread of the runner watches the parent, which costs every runner 10 MB.
 */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Worker } from 'node:worker_threads'

const WATCH = '--watch-parent'
const POLL_MS = 200

/** A program, and what it is given. */
export type Command = readonly string[]

/** How to start a Node program that dies with this process. */
export function diesWithThisProcess(program: string, args: Command, searchPath = ''): Command {
  const setpriv = searchPath
    .split(delimiter)
    .map((dir) => join(dir, 'setpriv'))
    .find((path) => process.platform === 'linux' && existsSync(path))
  const parent = String(process.pid)
  if (setpriv) return [setpriv, '--pdeathsig', 'KILL', program, ...args, parent]
  return [program, ...args, parent, WATCH]
}

/** The runner's part: it watches where the kernel does not. */
export function dieWithTheServer(): void {
  const [server, watch] = process.argv.slice(2)
  // It may have died before the kernel was asked to watch it.
  if (String(process.ppid) !== server) process.kill(process.pid, 'SIGKILL')
  if (watch !== WATCH) return
  const source = `setInterval(() => { if (process.ppid !== ${server}) process.kill(process.pid, 'SIGKILL') }, ${POLL_MS})`
  new Worker(source, { eval: true, execArgv: [] }).unref()
}
