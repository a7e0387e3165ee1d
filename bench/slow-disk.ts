import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { prepareDatabase } from '../src/db/open.ts'
import { Writer } from '../src/db/writer.ts'
import { removeFolder, temporaryFolder } from './processes.ts'
import { line, ms, rate, title } from './report.ts'

const COMMIT_DELAY_MS = 10
const CALLERS = 64
const DURATION_MS = 3_000

/** How the server's event loop fares while every commit takes as long as on a slow disk. */
export async function slowDisk(): Promise<void> {
  title(`${CALLERS} callers that write without pause, each commit held for ${COMMIT_DELAY_MS} ms`)
  const dir = temporaryFolder()
  const path = join(dir, 'bench.sqlite')
  prepareDatabase(path, new URL('../migrations/', import.meta.url))
  const statements = {
    count:
      "INSERT INTO models (name, created_at, run_count) VALUES ('a/b', 0, 1) ON CONFLICT DO UPDATE SET run_count = run_count + 1",
  }
  const writer = new Writer({ path, statements, durability: 'full', commitDelayMs: COMMIT_DELAY_MS })
  await writer.settled()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const end = performance.now() + DURATION_MS
  let writes = 0
  const call = async () => {
    while (performance.now() < end) {
      await writer.submit([{ name: 'count', parameters: [] }])
      writes++
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, call))
  delay.disable()
  line('writes', rate((writes / DURATION_MS) * 1000))
  line(
    'event loop delay p50, p99, max',
    ...[delay.percentile(50), delay.percentile(99), delay.max].map((ns) => ms(ns / 1e6)),
  )
  await writer.close()
  removeFolder(dir)
}
