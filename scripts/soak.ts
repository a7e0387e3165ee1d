/**
 * `npm run soak -- --minutes 15 [--seed S] [--clients C]`: a server under a mixed load of good and hostile models for a
 * while. Ends with 1 when something unexpected happened, or when the server's memory or descriptors grew.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../src/errors.ts'
import { readOptions } from './soak/options.ts'
import { print } from './soak/print.ts'
import { startSoakedServer } from './soak/server.ts'
import { soak } from './soak/soak.ts'
import { Tally } from './soak/tally.ts'

const STOPPED = 130

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    // Who asks twice does not want to wait.
    if (stop.signal.aborted) process.exit(STOPPED)
    print(`${signal}: stopping`)
    stop.abort()
  })

try {
  process.exitCode = await main()
} catch (error) {
  print(messageOf(error))
  process.exitCode = stop.signal.aborted ? STOPPED : 1
}

/** @returns the exit code */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  const tally = new Tally()
  const dataDir = mkdtempSync(join(tmpdir(), 'reprise-soak-'))
  process.on('exit', () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 }))
  const { minutes, clients, seed } = options
  print(`${minutes} minutes, ${clients} clients, --seed ${seed}, pid ${process.pid}, data in ${dataDir}`)
  const server = await startSoakedServer(dataDir, tally, stop.signal)
  void server.exited.then((how) => {
    if (stop.signal.aborted) return
    tally.unexpected(`the server ${how}`)
    stop.abort()
  })
  const steady = await soak({ options, server, dataDir, tally, stop })
  print(`unexpected: ${tally.unexpectedCount}`)
  if (tally.unexpectedCount > 0 || steady === false) return 1
  return steady === undefined ? STOPPED : 0
}
