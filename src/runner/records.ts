import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'

/**
 * Remembers on disk which processes are runners of this data folder, so that a server that starts after a crash can end
 * those that outlived it. A pid alone may belong to somebody else by then: its start time is kept beside it.
 */
export class RunnerRecords {
  readonly #dir: string
  readonly #log: Logger

  constructor(dir: string, log: Logger) {
    this.#dir = dir
    this.#log = log
    mkdirSync(dir, { recursive: true })
  }

  /** What cannot be written, on a full disk, is not missed: runners die with their server by themselves. */
  add(pid: number): void {
    this.#attempt(() => writeFileSync(join(this.#dir, String(pid)), startTime(pid) ?? ''))
  }

  remove(pid: number): void {
    this.#attempt(() => rmSync(join(this.#dir, String(pid)), { force: true }))
  }

  /** Kills what an earlier server left running and returns the pids. */
  killLeftovers(): number[] {
    const killed: number[] = []
    for (const name of readdirSync(this.#dir)) {
      const pid = Number(name)
      const recorded = readFileSync(join(this.#dir, name), 'utf8')
      if (recorded !== '' && startTime(pid) === recorded && kill(pid)) killed.push(pid)
      this.remove(pid)
    }
    return killed
  }

  #attempt(change: () => void): void {
    try {
      change()
    } catch (error) {
      this.#log.warn({ err: error }, 'the record of a runner could not be changed')
    }
  }
}

/** False when the process has ended by itself at this very moment. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}

/** Clock ticks from boot to the start of a process; undefined when there is none, or no /proc to ask. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in parentheses and may hold spaces; start time is the 22nd.
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? undefined : rest[18]
  } catch {
    return
  }
}
