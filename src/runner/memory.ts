import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const KIB = 1024
const PS_TIMEOUT_MS = 2_000

/** Bytes that processes hold, by pid; those that are gone are left out. */
export type MeasureMemory = (pids: readonly number[]) => Promise<ReadonlyMap<number, number>>

/**
 * On Linux the proportional set size, in which pages that several processes share count once in all; elsewhere the
 * resident set size.
 */
export const measureMemory: MeasureMemory = async (pids) => {
  if (process.platform !== 'linux') return residentSizes(pids)
  const sizes = await Promise.all(pids.map(async (pid) => [pid, await proportionalSize(pid)] as const))
  return new Map(sizes.flatMap(([pid, size]) => (size === undefined ? [] : [[pid, size] as const])))
}

async function proportionalSize(pid: number): Promise<number | undefined> {
  try {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
    const kib = /^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1]
    return kib === undefined ? undefined : Number(kib) * KIB
  } catch {
    return
  }
}

async function residentSizes(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  if (pids.length === 0) return new Map()
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=,rss=', '-p', pids.join(',')], {
      timeout: PS_TIMEOUT_MS,
    })
    const lines = stdout.trim().split('\n')
    return new Map(
      lines.map((line) => line.trim().split(/\s+/).map(Number)).map(([pid = 0, kib = 0]) => [pid, kib * KIB]),
    )
  } catch {
    return new Map()
  }
}
