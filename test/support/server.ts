import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Replicate from 'replicate'
import { compose, type Overrides, type Server } from '../../src/compose.ts'
import { readConfig } from '../../src/config.ts'
import { makeFolder, removeFolder } from './temporary.ts'

export const HELLO = '5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa'
export const FIXTURE_MODELS = fileURLToPath(new URL('../fixtures/models', import.meta.url))
/** Packages that misbehave; apart, because every server that is given them has to look at each of them first. */
export const HOSTILE_MODELS = fileURLToPath(new URL('../fixtures/hostile-models', import.meta.url))
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** Settings by variable name, without the prefix: `{ MAX_QUEUE: '2' }`. */
export type Settings = Record<string, string>

export interface TestServer extends Server {
  dataDir: string
  /** The official client, pointed at this server. */
  client: Replicate
  /** `fetch` of a path below the server's origin; a body that is no string is sent as JSON. */
  call(method: string, path: string, options?: { body?: unknown; headers?: Record<string, string> }): Promise<Response>
}

function variables(dataDir: string, settings: Settings): NodeJS.ProcessEnv {
  const all = { PORT: '0', LOG_LEVEL: 'silent', MODELS_DIR: FIXTURE_MODELS, DATA_DIR: dataDir, ...settings }
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [`REPRISE_${name}`, value]))
}

/** The real composition in this process, on a free port, with the fixture and bundled models; `close` removes its data. */
export async function startServer(settings: Settings = {}, overrides: Overrides = {}): Promise<TestServer> {
  const dataDir = settings.DATA_DIR ?? makeFolder()
  const server = await compose(readConfig([], variables(dataDir, settings)), process.env, overrides)
  // On a busy machine it listens before it has looked at all of many packages.
  await server.loaded
  return {
    ...server,
    ...clientsOf(server.address),
    dataDir,
    async close() {
      await server.close()
      if (settings.DATA_DIR === undefined) removeFolder(dataDir)
    },
  }
}

export interface ServerProcess {
  process: ChildProcess
  address: string
  client: Replicate
  call: TestServer['call']
  /** What it has written to stderr so far. */
  printed(): string
  /** Sends a signal and resolves when the process is gone, with its exit code or the signal that ended it. */
  stop(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>
}

/** `reprise serve` as a process of its own, so that it can be killed; resolves when it listens. */
export async function spawnServer(dataDir: string, settings: Settings = {}, main = MAIN): Promise<ServerProcess> {
  const child = spawn(process.execPath, [main, 'serve'], {
    env: { ...process.env, ...variables(dataDir, settings) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  child.stderr.on('data', (text) => {
    printed += text
  })
  const exit = once(child, 'exit')
  const address = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const match = /^reprise listening on (\S+)$/.exec(line)
      if (match?.[1]) resolve(match[1])
    })
    // Not at its exit: what it printed last may still be on the way.
    once(child, 'close').then(
      ([code]) => reject(new Error(`The server ended with ${code} before it listened: ${printed}`)),
      reject,
    )
  })
  const clients = clientsOf(address)
  await lookedAtAll(clients)
  return {
    process: child,
    address,
    ...clients,
    printed: () => printed,
    async stop(signal) {
      child.kill(signal)
      const [code, killedBy] = await exit
      return killedBy ?? code
    },
  }
}

/** On a busy machine a server listens before it has looked at all of many packages. */
async function lookedAtAll({ call }: Pick<TestServer, 'call'>): Promise<void> {
  for (;;) {
    const response = await call('POST', '/v1/predictions', { body: { version: 'none', input: {} } })
    if (!(await response.text()).includes('still being looked at')) return
    await sleep(100)
  }
}

function clientsOf(address: string): Pick<TestServer, 'client' | 'call'> {
  return {
    client: new Replicate({ auth: 'any', baseUrl: `${address}/v1` }),
    call: (method, path, { body, headers = {} } = {}) =>
      fetch(address + path, {
        method,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
  }
}
