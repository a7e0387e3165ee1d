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

export function startReceiver(): Promise<Listening> {
  return start([path('./receiver.ts')])
}

/** @param flags of `reprise serve`, beside those that every trial needs */
export function startReprise(dataDir: string, flags: readonly string[] = []): Promise<Listening> {
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
    ...flags,
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

/** Runs a program of the bench to its end and reads the number that it prints. */
export function measureAlone(program: string, ...args: string[]): number {
  return Number(execFileSync(process.execPath, [path(program), ...args], { encoding: 'utf8' }))
}

export interface Memory {
  /** Proportional set size: pages shared with other processes count in parts. */
  pssMib: number
  /** The part that is not the text of programs and libraries. */
  anonymousMib: number
}

/** What a process and its descendants hold. */
export function memoryOfTree(pid: number): Memory {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const mib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(rollup)?.[1]) / 1024
  return children
    .map(memoryOfTree)
    .reduce(
      (sum, child) => ({ pssMib: sum.pssMib + child.pssMib, anonymousMib: sum.anonymousMib + child.anonymousMib }),
      { pssMib: mib('Pss'), anonymousMib: mib('Pss_Anon') },
    )
}
