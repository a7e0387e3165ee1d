import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export interface Listening {
  child: ChildProcess
  address: string
  stop(): Promise<void>
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'reprise-bench-'))
}

export function removeFolder(dir: string): void {
  rmSync(dir, { recursive: true, force: true })
}

export function startEcho(): Promise<Listening> {
  return start([path('./echo.ts')])
}

export function startReprise(dataDir: string): Promise<Listening> {
  return start([
    '--max-semi-space-size=8',
    path('../src/main.ts'),
    'serve',
    '--port',
    '0',
    '--data-dir',
    dataDir,
    '--log-level',
    'warn',
  ])
}

/** Starts a program that prints `… on ADDRESS` when it listens. */
async function start(args: string[]): Promise<Listening> {
  // As `npm start` does.
  const env = { ...process.env, NODE_COMPILE_CACHE: path('../node_modules/.cache/node') }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const address = String(line).split(' ').at(-1) ?? ''
  return {
    child,
    address,
    async stop() {
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
    },
  }
}

export function bareSessionRunsPerSecond(): number {
  return Number(execFileSync(process.execPath, [path('./bare-session.ts')], { encoding: 'utf8' }))
}

/** Proportional set size of a process and its descendants in MiB: shared pages count in parts. */
export function pssOfTree(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const own = Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1]) / 1024
  return children.reduce((sum, child) => sum + pssOfTree(child), own)
}
