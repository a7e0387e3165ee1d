import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { doneWithin } from '../../src/timer.ts'
import type { Footprint } from './footprint.ts'

const PROGRAM = fileURLToPath(new URL('./serve.ts', import.meta.url))
const SHUTDOWN_PATIENCE_MS = 30_000

/** A server in a process of its own, of which much more can be learnt than its clients could. */
export interface WatchedServer {
  pid: number
  address: string
  port: number
  /** Lines that it has written to stderr so far. */
  printed: readonly string[]
  /** Undefined as long as the process is there, then how it came to an end. */
  readonly ended: string | undefined
  footprint(): Promise<Footprint>
  /** What each open file descriptor is, without its number. */
  descriptors(): string[]
  /** Pids of the processes that it has started and that it has not buried. */
  children(): number[]
  /** Ends it by SIGTERM, and tells how it has ended. */
  stop(): Promise<string>
}

/**
 * Starts `reprise serve`; it never outlives this process.
 * @param settings by variable name, without the prefix
 * @throws Error with what it printed when it has ended before it listened
 */
export async function startWatchedServer(settings: Readonly<Record<string, string>>): Promise<WatchedServer> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('REPRISE_'))
  const own = Object.entries({ PORT: '0', ...settings }).map(([name, value]) => [`REPRISE_${name}`, value])
  const child = fork(PROGRAM, ['serve'], {
    env: Object.fromEntries([...inherited, ...own]),
    execArgv: ['--max-semi-space-size=8'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const { stdout, stderr, pid } = child
  if (!stdout || !stderr || pid === undefined) throw new Error('The server process could not be started')
  const printed: string[] = []
  createInterface({ input: stderr }).on('line', (line) => printed.push(line))
  let ended: string | undefined
  const exited = once(child, 'exit').then(([code, signal]) => {
    ended = signal ? `was ended by ${signal}` : `exited with ${code}`
    return ended
  })
  const closed = once(child, 'close')
  const address = await Promise.race([
    once(createInterface({ input: stdout }), 'line').then(([line]) => String(line).split(' ').at(-1) ?? ''),
    closed.then(() => Promise.reject(new Error(`The server ${ended} before it listened: ${printed.join('\n')}`))),
  ])
  return {
    pid,
    address,
    port: Number(new URL(address).port),
    printed,
    get ended() {
      return ended
    },
    footprint: () => askFootprint(child),
    descriptors: () => readdirSync(`/proc/${pid}/fd`).flatMap((name) => linkOf(`/proc/${pid}/fd/${name}`)),
    children: () => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    async stop() {
      child.kill('SIGTERM')
      if (!(await doneWithin(SHUTDOWN_PATIENCE_MS, exited))) child.kill('SIGKILL')
      return exited
    },
  }
}

async function askFootprint(child: ChildProcess): Promise<Footprint> {
  const answer = once(child, 'message')
  child.send('measure')
  const [footprint]: Footprint[] = await answer
  if (!footprint) throw new Error('The server told nothing of itself')
  return footprint
}

/** Nothing where it has been closed meanwhile. */
function linkOf(path: string): string[] {
  try {
    return [readlinkSync(path).replace(/\[\d+\]/, '')]
  } catch {
    return []
  }
}
