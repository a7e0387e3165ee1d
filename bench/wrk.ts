import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface Load {
  perSecond: number
  p50Ms: number
  p99Ms: number
}

const run = promisify(execFile)
const UNITS_MS: Record<string, number> = { us: 0.001, ms: 1, s: 1000 }

/**
 * Loads one URL with wrk, which costs less than any load generator in JavaScript.
 * @throws when wrk is not installed or an answer was no success
 */
export async function load(
  url: string,
  connections: number,
  seconds: number,
  request: { scratchDir: string; headers?: Record<string, string>; body?: string },
): Promise<Load> {
  const script = join(request.scratchDir, 'request.lua')
  const headers = Object.entries(request.headers ?? {}).map(
    ([name, value]) => `wrk.headers[${lua(name)}] = ${lua(value)}`,
  )
  const body = request.body === undefined ? [] : ['wrk.method = "POST"', `wrk.body = ${lua(request.body)}`]
  writeFileSync(script, [...headers, ...body].join('\n'))
  const { stdout } = await run('wrk', [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    '-s',
    script,
    url,
  ]).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new Error('The bench needs wrk: apt-get install wrk') : error
  })
  if (stdout.includes('Non-2xx')) throw new Error(`wrk met failures at ${url}:\n${stdout}`)
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50Ms: latency(stdout, 50),
    p99Ms: latency(stdout, 99),
  }
}

function latency(text: string, percentile: number): number {
  const [, value, unit = ''] = new RegExp(`${percentile}%\\s+([\\d.]+)(us|ms|s)`).exec(text) ?? []
  return Number(value) * (UNITS_MS[unit] ?? Number.NaN)
}

/** What JSON escapes in plain requests, Lua reads the same. */
function lua(text: string): string {
  return JSON.stringify(text)
}
