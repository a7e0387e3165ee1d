import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { NetworkReport, NetworkTask } from './network-process.ts'

const PROGRAM = fileURLToPath(new URL('./network-process.ts', import.meta.url))

export interface Network extends NetworkReport {
  pid: number
  stop(): Promise<void>
}

/** Loads a network into a process of its own, which holds it until it is stopped. */
export async function startNetwork(task: NetworkTask): Promise<Network> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(task)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  const line = once(createInterface({ input: child.stdout }), 'line').then(([text]) => String(text))
  const ended = exit.then(() => Promise.reject(new Error(`The process could not hold ${task.file}`)))
  ended.catch(() => {})
  const report: NetworkReport = JSON.parse(await Promise.race([line, ended]))
  if (child.pid === undefined) throw new Error('The network has no process')
  return {
    ...report,
    pid: child.pid,
    async stop() {
      child.stdin.end()
      await exit
    },
  }
}
