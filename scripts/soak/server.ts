import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { isRecord } from '../../src/is-record.ts'
import { doneWithin } from '../../src/timer.ts'
import { Counts, type Tally } from './tally.ts'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const MODELS = [path('../../test/fixtures/models'), path('../../test/fixtures/hostile-models')]
/** Less than all of the models take together, so that they have to make room for each other. */
export const MEMORY = '400MiB'
export const RETENTION_MS = 60_000
const SHUTDOWN_GRACE_MS = 5_000
const SHUTDOWN_PATIENCE_MS = 20_000
const ERROR_LEVEL = 50
/** A model that cannot be set up is an error to the operator, and this one is meant to be. */
const NEVER_SET_UP = 'hostile/fails-setup'

export interface SoakedServer {
  pid: number
  address: string
  /** Runners that ended without having been asked to, by model. */
  deaths: Counts
  /** Lines of the log by level and message. */
  logged: Counts
  /** Resolves when the process is gone, with how that came. */
  exited: Promise<string>
  stop(): Promise<void>
}

/**
 * Starts the server as a process, which never outlives this one; what it logs as an error is unexpected.
 * @throws Error when it has ended before it listened, as it does when `stopped` is aborted meanwhile
 */
export async function startSoakedServer(dataDir: string, tally: Tally, stopped: AbortSignal): Promise<SoakedServer> {
  const own = {
    PORT: '0',
    DATA_DIR: dataDir,
    MODELS_DIR: MODELS.join(':'),
    MEMORY,
    RETENTION: `${RETENTION_MS / 1000}s`,
    SHUTDOWN_GRACE: `${SHUTDOWN_GRACE_MS / 1000}s`,
    LOG_LEVEL: 'warn',
  }
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('REPRISE_'))
  const env = Object.fromEntries([
    ...inherited,
    ...Object.entries(own).map(([name, value]) => [`REPRISE_${name}`, value]),
  ])
  const child = spawn(process.execPath, ['--max-semi-space-size=8', path('../../src/main.ts'), 'serve'], {
    env: { ...env, NODE_COMPILE_CACHE: path('../../node_modules/.cache/node') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // Before its folder is removed, or it would write there again.
  process.prependListener('exit', () => child.kill('SIGKILL'))
  const endEarly = () => child.kill('SIGTERM')
  stopped.addEventListener('abort', endEarly)
  const deaths = new Counts()
  const logged = new Counts()
  createInterface({ input: child.stderr }).on('line', (line) => {
    const { level, msg, model, ...rest } = parseLogLine(line)
    logged.add(`${level} ${msg}`)
    if (msg === 'a runner ended') deaths.add(String(model))
    if (Number(level) >= ERROR_LEVEL && model !== NEVER_SET_UP)
      tally.unexpected(`the server logged "${msg}": ${JSON.stringify({ model, ...rest }).slice(0, 1_000)}`)
  })
  const exited = once(child, 'exit').then(([code, signal]) =>
    signal ? `was ended by ${signal}` : `exited with ${code}`,
  )
  const address = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([line]) => String(line).split(' ').at(-1) ?? ''),
    exited.then((how) => Promise.reject(new Error(`The server ${how} before it listened`))),
  ])
  stopped.removeEventListener('abort', endEarly)
  return {
    pid: child.pid ?? 0,
    address,
    deaths,
    logged,
    exited,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      if (await doneWithin(SHUTDOWN_PATIENCE_MS, exited)) return
      tally.unexpected(`the server had not ended ${SHUTDOWN_PATIENCE_MS / 1000} s after SIGTERM`)
      child.kill('SIGKILL')
      await exited
    },
  }
}

function parseLogLine(line: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(line)
    if (isRecord(parsed)) return parsed
  } catch {}
  return { level: ERROR_LEVEL, msg: line }
}
