import type { Latencies } from './latencies.ts'
import { print } from './print.ts'
import type { RunnerWatch } from './runners.ts'
import { MEMORY, type SoakedServer } from './server.ts'
import type { Counts, Tally } from './tally.ts'

const MIB = 2 ** 20

export interface Soaked {
  tally: Tally
  greetings: Latencies
  server: SoakedServer
  watch: RunnerWatch
  /** How long there was load, pauses left out. */
  loadMs: number
}

export function printSummary({ tally, greetings, server, watch, loadMs }: Soaked): void {
  printCounts('predictions by outcome', tally.outcomes)
  printCounts('failures by cause', tally.causes)
  printCounts('clients also', tally.deeds)
  printCounts('runners killed by the soak', tally.kills)
  printCounts('log lines of the server by level', server.logged)
  print(`runners that made room or were idle for too long: about ${retired(watch.gone, server.deaths)}`)
  print(`most memory that runners held together: ${(watch.peakMemoryBytes / MIB).toFixed(0)} MiB of ${MEMORY}`)
  const seconds = loadMs / 1000
  const rate = (count: number) => (count / seconds).toFixed(1)
  print(
    `${rate(tally.requests)} requests/s, ${rate(tally.outcomes.total)} predictions/s in ${seconds.toFixed(0)} s of load`,
  )
  const ms = (value: number) => (Number.isNaN(value) ? 'none' : `${value.toFixed(1)} ms`)
  print(
    `hello-world: p50 ${ms(greetings.percentile(50))}, p99 ${ms(greetings.percentile(99))}, max ${ms(greetings.maxMs)}`,
  )
}

/** The server logs only the ends it has not brought about to make room. */
function retired(gone: Counts, deaths: Counts): number {
  return gone.entries().reduce((sum, [model, count]) => sum + Math.max(0, count - deaths.get(model)), 0)
}

function printCounts(title: string, counts: Counts): void {
  print(`${title}: ${counts.total}`)
  for (const [name, count] of counts.entries()) print(`  ${String(count).padStart(6)} ${name}`)
}
