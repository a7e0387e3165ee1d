import { readdirSync, readFileSync } from 'node:fs'

/** Whether a process runs; one that has ended and that nobody has asked for yet counts as gone. */
export function isAlive(pid: number): boolean {
  const state = readStat(pid)?.state
  return state !== undefined && state !== 'Z' && state !== 'X'
}

/** Pids of the runners that a process has forked. */
export function runnersOf(serverPid: number | undefined): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => readStat(pid)?.parent === serverPid && isAlive(pid) && commandOf(pid).includes('/runner/child.'))
}

function readStat(pid: number): { state: string | undefined; parent: number } | undefined {
  const stat = read(pid, 'stat')
  if (stat === undefined) return
  // The second field is the program's name in parentheses and may hold spaces.
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state, parent: Number(parent) }
}

function commandOf(pid: number): string {
  return read(pid, 'cmdline') ?? ''
}

/** Undefined when the process is gone. */
function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return
  }
}
