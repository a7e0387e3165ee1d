import { setTimeout as sleep } from 'node:timers/promises'
import { print } from '../soak/print.ts'
import type { Footprint } from '../watched-server/footprint.ts'
import type { WatchedServer } from '../watched-server/start.ts'
import type { Findings } from './findings.ts'

/** Connections of those who have left are noticed, and timers of what has ended run out. */
const REST_MS = 2_000
const HEAP_GROWTH = 1.25
const HEAP_SLACK_MIB = 16
const SLACK = 10
/** Its output, its errors and its channel. */
const DESCRIPTORS_PER_RUNNER = 3

export type Figures = Footprint & { descriptors: number; runners: number }

/** What a server holds that has nothing to do. */
export async function measure(server: WatchedServer): Promise<Figures> {
  const { lagMs } = await server.footprint()
  await sleep(REST_MS)
  return { ...(await server.footprint()), lagMs, descriptors: server.descriptors(), runners: server.children().length }
}

export function judgeGrowth(warm: Figures, end: Figures, findings: Findings): void {
  const heapBound = Math.max(warm.heapMib * HEAP_GROWTH, warm.heapMib + HEAP_SLACK_MIB)
  if (end.heapMib > heapBound)
    findings.add(`the heap has grown from ${warm.heapMib.toFixed(1)} to ${end.heapMib.toFixed(1)} MiB`)
  const ofRunners = DESCRIPTORS_PER_RUNNER * Math.max(0, end.runners - warm.runners)
  const bounds = { sockets: warm.sockets, timers: warm.timers, descriptors: warm.descriptors + ofRunners }
  for (const what of ['sockets', 'descriptors', 'timers'] as const)
    if (end[what] > bounds[what] + SLACK) findings.add(`of ${what} there are ${end[what]}, and were ${warm[what]}`)
}

export function printFigures(name: string, figures: Figures): void {
  const { heapMib, rssMib, sockets, timers, descriptors, runners, lagMs } = figures
  print(
    `${name}: heap ${heapMib.toFixed(1)} MiB, RSS ${rssMib.toFixed(1)} MiB, ${sockets} sockets, ${timers} timers, ${descriptors} descriptors, ${runners} runners; event loop late by ${lagMs.p99.toFixed(0)} ms (99 %), ${lagMs.longest.toFixed(0)} ms at most`,
  )
}
