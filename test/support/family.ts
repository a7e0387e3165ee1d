import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { runnersOf } from './processes.ts'
import { listRunners } from './requests.ts'
import type { ServerProcess } from './server.ts'

/** Pids of children that have ended and that their parent has not asked for yet. */
export function zombiesOf(parent: number | undefined): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const [state, ppid] = statOf(pid)
      return state === 'Z' && Number(ppid) === parent
    })
}

/** Every runner that the server has started is one that it tells of, and none that has ended was forgotten. */
export async function expectNoStrangers(server: ServerProcess): Promise<void> {
  const { results } = await listRunners(server)
  const told = results.map(({ pid }) => pid).filter((pid) => pid !== null)
  expect(runnersOf(server.process.pid).sort()).toEqual(told.sort())
  expect(zombiesOf(server.process.pid)).toEqual([])
}

/** From the state on; empty when the process is gone. */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in parentheses and may hold spaces.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}
