import { monitorEventLoopDelay } from 'node:perf_hooks'
import { compose } from '../src/compose.ts'
import { readConfig } from '../src/config.ts'
import { helloRequest } from './hello.ts'
import { removeFolder, temporaryFolder } from './processes.ts'
import { line, ms, rate, title } from './report.ts'
import { load } from './wrk.ts'

const COMMIT_DELAY_MS = 10
const CONNECTIONS = 64
const SECONDS = 4

/** How the server's event loop fares while every commit takes as long as on a slow disk. */
export async function slowDisk(): Promise<void> {
  title(`sync hello-world at ${CONNECTIONS} connections, each commit held for ${COMMIT_DELAY_MS} ms`)
  const dir = temporaryFolder()
  const config = readConfig(['--port', '0', '--data-dir', dir, '--log-level', 'warn'], {})
  const server = await compose(config, process.env, { commitDelayMs: COMMIT_DELAY_MS })
  const url = `${server.address}/v1/predictions`
  await load(url, CONNECTIONS, 1, { scratchDir: dir, ...helloRequest })
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const { perSecond } = await load(url, CONNECTIONS, SECONDS, { scratchDir: dir, ...helloRequest })
  delay.disable()
  line('predictions', rate(perSecond))
  // The timer that measures fires every millisecond: that much is not delay.
  const delays = [delay.percentile(50), delay.percentile(99), delay.max].map((ns) => ms(Math.max(0, ns / 1e6 - 1)))
  line('event loop delay p50, p99, max', ...delays)
  await server.close()
  removeFolder(dir)
}
