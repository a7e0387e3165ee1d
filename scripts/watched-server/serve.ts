/** `reprise serve` in a process that tells its parent what it holds, whenever it is sent a message, and ends with it. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Footprint } from './footprint.ts'

const MIB = 2 ** 20
const NANOSECONDS_PER_MS = 1e6
const MICROSECONDS_PER_S = 1e6

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()
let usedBefore = process.cpuUsage()

process.on('message', () => process.send?.(measure()))
process.on('disconnect', () => process.exit(1))
await import('../../src/main.ts')

function measure(): Footprint {
  const lag = (nanoseconds: number) => nanoseconds / NANOSECONDS_PER_MS
  const lagMs = { median: lag(delay.percentile(50)), p99: lag(delay.percentile(99)), longest: lag(delay.max) }
  const { user, system } = process.cpuUsage(usedBefore)
  collectGarbage()
  delay.reset()
  usedBefore = process.cpuUsage()
  const { heapUsed, rss } = process.memoryUsage()
  const resources = process.getActiveResourcesInfo()
  const count = (type: string) => resources.filter((name) => name === type).length
  return {
    heapMib: heapUsed / MIB,
    rssMib: rss / MIB,
    sockets: count('TCPSocketWrap'),
    timers: count('Timeout'),
    cpuSeconds: (user + system) / MICROSECONDS_PER_S,
    lagMs,
  }
}
