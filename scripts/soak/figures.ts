import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { measureMemory } from '../../src/runner/memory.ts'
import { print } from './print.ts'

const MIB = 2 ** 20
const RSS_GROWTH = 1.2
const RSS_SLACK_MIB = 30
const DESCRIPTOR_SLACK = 10
/** Its output, its errors and its channel. */
const DESCRIPTORS_PER_RUNNER = 3

export interface Figures {
  rssMib: number
  descriptors: number
  runners: number
  pssMib: number
  databaseMib: number
  folders: number
}

export async function measure(serverPid: number, runnerPids: readonly number[], dataDir: string): Promise<Figures> {
  const status = await readFile(`/proc/${serverPid}/status`, 'utf8')
  const sizes = await measureMemory(runnerPids)
  return {
    rssMib: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024,
    descriptors: (await readdir(`/proc/${serverPid}/fd`)).length,
    runners: sizes.size,
    pssMib: [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0) / MIB,
    databaseMib: (await databaseBytes(dataDir)) / MIB,
    folders: (await readdir(join(dataDir, 'predictions'))).length,
  }
}

export function printFigures(name: string, figures: Figures): void {
  const { rssMib, descriptors, runners, pssMib, databaseMib, folders } = figures
  print(
    `${name}: server RSS ${rssMib.toFixed(1)} MiB, descriptors ${descriptors}, runners ${runners} with PSS ${pssMib.toFixed(0)} MiB, database ${databaseMib.toFixed(1)} MiB, prediction folders ${folders}`,
  )
}

/** @returns whether memory and descriptors have stayed about what they were */
export function printVerdict(middle: Figures, end: Figures): boolean {
  const rssBound = Math.max(middle.rssMib * RSS_GROWTH, middle.rssMib + RSS_SLACK_MIB)
  const moreRunners = Math.max(0, end.runners - middle.runners)
  const descriptorBound = middle.descriptors + DESCRIPTOR_SLACK + moreRunners * DESCRIPTORS_PER_RUNNER
  const steady = end.rssMib <= rssBound && end.descriptors <= descriptorBound
  print(
    `verdict: ${steady ? 'steady' : 'GROWING'}: RSS ${end.rssMib.toFixed(1)} of at most ${rssBound.toFixed(1)} MiB, descriptors ${end.descriptors} of at most ${descriptorBound}`,
  )
  return steady
}

async function databaseBytes(dataDir: string): Promise<number> {
  const files = ['reprise.sqlite', 'reprise.sqlite-wal'].map((name) => join(dataDir, name))
  const sizes = await Promise.all(files.map(async (file) => (await stat(file).catch(() => undefined))?.size ?? 0))
  return sizes.reduce((sum, size) => sum + size, 0)
}
