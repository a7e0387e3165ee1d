/**
 * `npm run fuzz -- [--requests N] [--seed S] [--clients C] [--only INDEX]`: sends a server of its own whatever may come
 * over HTTP, sensible and not. Ends with 1 when an answer, or what became of the server, was not as it has to be.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../src/errors.ts'
import { Findings } from './fuzz/findings.ts'
import { fuzz } from './fuzz/fuzz.ts'
import { readOptions } from './fuzz/options.ts'
import { printReport } from './fuzz/report.ts'
import { print } from './soak/print.ts'

const dir = mkdtempSync(join(tmpdir(), 'reprise-fuzz-'))
process.on('exit', () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

try {
  const options = readOptions(process.argv.slice(2))
  print(`${options.requests} requests, ${options.clients} clients, --seed ${options.seed}`)
  const findings = new Findings(options.seed)
  printReport(await fuzz(options, dir, findings))
  print(`found: ${findings.texts.length}`)
  process.exit(findings.texts.length === 0 ? 0 : 1)
} catch (error) {
  print(messageOf(error))
  process.exit(1)
}
