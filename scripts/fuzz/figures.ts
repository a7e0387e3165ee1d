import { setTimeout as sleep } from 'node:timers/promises'
import { print } from '../soak/print.ts'
import type { Footprint } from '../watched-server/footprint.ts'
import type { WatchedServer } from '../watched-server/start.ts'
import type { Findings } from './findings.ts'

/** Connections of those who have left are noticed, and timers of what has ended run out. */
const REST_MS = 2_000
const LONGER_REST_MS = 15_000
const HEAP_GROWTH = 1.25
const HEAP_SLACK_MIB = 16
const SLACK = 10
/** Its output, its errors and its channel. */
const DESCRIPTORS_PER_RUNNER = 3

export type Figures = Footprint & { descriptors: readonly string[]; runners: number }

/** What a server holds that has nothing to do. */
export async function measure(server: WatchedServer): Promise<Figures> {
  const { lagMs } = await server.footprint()
  await sleep(REST_MS)
  return { ...(await server.footprint()), lagMs, descriptors: server.descriptors(), runners: server.children().length }
}

/** The same when what it keeps for a while, such as connections to receivers of webhooks, has had its time. */
export async function measureAtRest(server: WatchedServer, warm: Figures): Promise<Figures> {
  const first = await measure(server)
  if (growthsOf(warm, first).length === 0) return first
  await sleep(LONGER_REST_MS)
  return { ...(await measure(server)), lagMs: first.lagMs }
}

export function judgeGrowth(warm: Figures, end: Figures, findings: Findings): void {
  for (const growth of growthsOf(warm, end)) findings.add(growth)
}

function growthsOf(warm: Figures, end: Figures): string[] {
  const growths: string[] = []
  const heapBound = Math.max(warm.heapMib * HEAP_GROWTH, warm.heapMib + HEAP_SLACK_MIB)
  if (end.heapMib > heapBound)
    growths.push(`the heap has grown from ${warm.heapMib.toFixed(1)} to ${end.heapMib.toFixed(1)} MiB`)
  const ofRunners = DESCRIPTORS_PER_RUNNER * Math.max(0, end.runners - warm.runners)
  if (end.descriptors.length > warm.descriptors.length + ofRunners + SLACK)
    growths.push(`the descriptors were ${told(warm.descriptors)}; they are ${told(end.descriptors)}`)
  for (const what of ['sockets', 'timers'] as const)
    if (end[what] > warm[what] + SLACK) growths.push(`of ${what} there are ${end[what]}, and were ${warm[what]}`)
  return growths
}

export function printFigures(name: string, figures: Figures): void {
  const { heapMib, rssMib, sockets, timers, descriptors, runners, lagMs } = figures
  print(
    `${name}: heap ${heapMib.toFixed(1)} MiB, RSS ${rssMib.toFixed(1)} MiB, ${sockets} sockets, ${timers} timers, ${descriptors.length} descriptors, ${runners} runners; event loop late by ${lagMs.p99.toFixed(0)} ms (99 %), ${lagMs.longest.toFixed(0)} ms at most`,
  )
}

function told(descriptors: readonly string[]): string {
  const kinds = Map.groupBy(descriptors, (kind) => kind)
  return [...kinds].map(([kind, { length }]) => `${length} of ${kind}`).join(', ')
}
