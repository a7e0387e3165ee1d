import { type ChildProcess, fork } from 'node:child_process'
import { getCompileCacheDir } from 'node:module'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../errors.ts'
import { siblingModule } from '../sibling-module.ts'
import { diesWithThisProcess } from './die-with-the-server.ts'
import { parseEvents } from './parse-events.ts'
import type { RunnerEvent, ToRunner } from './protocol.ts'
import type { RunnerRecords } from './records.ts'

/** How long after a death to wait for its last messages; a process that the model left behind may hold the channel. */
const LAST_WORDS_MS = 200

/** What stands for a message that is none of ours; it ends the runner. */
const NO_EVENT: RunnerEvent = {
  type: 'refused',
  message: 'The model sent a message of its own over the channel to the server',
}

export interface RunnerListener {
  onEvent(event: RunnerEvent): void
  /** Text that native code printed. */
  onPrinted(text: string): void
  /** Called once, after the last event; `how` reads as the end of a sentence: `was ended by SIGFPE`. */
  onExit(how: string): void
}

/** What the scheduler sees of a runner process. */
export interface Runner {
  send(message: ToRunner): void
  kill(): void
}

/** Starts a runner process that imports nothing yet. */
export type LaunchRunner = (listener: RunnerListener) => Runner

/**
 * Makes the function that forks runners; none of the server's own settings reaches their environment. It never throws:
 * a process that cannot be had is reported as one that ended.
 */
export function runnerLauncher(environment: NodeJS.ProcessEnv, records: RunnerRecords): LaunchRunner {
  const env = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('REPRISE_')))
  const childEnv = { NODE_COMPILE_CACHE: getCompileCacheDir(), ...env, ORT_DISABLE_TELEMETRY: '1' }
  const { args, ...command } = diesWithThisProcess(process.execPath, ['--max-semi-space-size=1'], environment.PATH)
  const forkChild = () =>
    fork(fileURLToPath(siblingModule(import.meta.url, './child')), args, {
      env: childEnv,
      ...command,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
  return (listener) => {
    let child: ChildProcess
    try {
      child = forkChild()
    } catch (error) {
      setImmediate(() => listener.onExit(`could not be started: ${messageOf(error)}`))
      return { send() {}, kill() {} }
    }
    if (child.pid !== undefined) records.add(child.pid)
    listen(child, listener, () => {
      if (child.pid !== undefined) records.remove(child.pid)
    })
    return {
      send(message) {
        // A child that has just died is told nothing; its exit is on the way.
        if (child.connected) child.send(message, () => {})
      },
      kill() {
        child.kill('SIGKILL')
      },
    }
  }
}

function listen(child: ChildProcess, listener: RunnerListener, onGone: () => void): void {
  child.on('message', (message: unknown) => {
    const events = parseEvents(message) ?? [NO_EVENT]
    for (const event of events) listener.onEvent(event)
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8')
    stream?.on('data', (text: string) => listener.onPrinted(text))
  }
  let how: string | undefined
  const end = (description: string) => {
    if (how !== undefined) return
    how = description
    onGone()
    const { promise: allRead, resolve } = Promise.withResolvers<void>()
    // Between a timer and an immediate the loop reads the messages that came while the server was busy.
    const timer = setTimeout(() => setImmediate(resolve), LAST_WORDS_MS)
    if (child.connected) child.once('disconnect', () => resolve())
    else setImmediate(resolve)
    void allRead.then(() => {
      clearTimeout(timer)
      listener.onExit(description)
    })
  }
  child.on('exit', (code, signal) => end(signal ? `was ended by ${signal}` : `exited with code ${code}`))
  child.on('error', (error) => {
    if (child.pid === undefined) end(`could not be started: ${error.message}`)
  })
}
