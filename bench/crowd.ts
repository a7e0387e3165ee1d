import { readFileSync } from 'node:fs'
import { type CrowdOptions, gatherCrowd } from './crowd/crowd.ts'
import { removeFolder, temporaryFolder } from './processes.ts'
import { line, ms, title } from './report.ts'

const CROWD: CrowdOptions = { readers: 1_000, models: 4, queued: 1_000, waiting: 500, words: 300, pauseMs: 10 }
/** Of the database, the processes and what a server opens for a moment. */
const OTHER_DESCRIPTORS = 100

/** What it takes to have many clients wait at the same time, and how long it takes to answer them all. */
export async function crowd(): Promise<void> {
  const { readers, queued, waiting, words } = CROWD
  const streams = readers + queued
  title(`${streams} open streams and ${waiting} waiting requests`)
  const needed = streams + waiting + OTHER_DESCRIPTORS
  const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1])
  if (limit < needed) throw new Error(`The limit of open files is ${limit}; allow ${needed} by \`ulimit -n ${needed}\``)
  const dir = temporaryFolder()
  try {
    const { faults, before, gathered, after, descriptors, gatherSeconds, tellSeconds } = await gatherCrowd(CROWD, dir)
    const mib = (value: number) => `${value.toFixed(1)} MiB`
    line('', 'heap', 'RSS', 'loop late, p99', 'at most', 'CPU')
    for (const [name, { heapMib, rssMib, lagMs, cpuSeconds }] of Object.entries({ before, gathered, after }))
      line(name, mib(heapMib), mib(rssMib), ms(lagMs.p99), ms(lagMs.longest), `${cpuSeconds.toFixed(2)} s`)
    line(
      'for each that waits',
      `${(((gathered.heapMib - before.heapMib) * 1024) / (streams + waiting)).toFixed(1)} KiB`,
    )
    line('descriptors of the server', String(descriptors))
    line('all there after', `${gatherSeconds.toFixed(1)} s`)
    line(`${readers * words + queued * 4} events told and all ended after`, `${tellSeconds.toFixed(1)} s`)
    line('lost, doubled or wrong', String(faults.length))
    for (const fault of faults.slice(0, 10)) line(`  ${fault}`)
  } finally {
    removeFolder(dir)
  }
}
