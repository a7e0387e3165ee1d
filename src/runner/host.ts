import { type ChildProcess, spawn } from 'node:child_process'
import { getCompileCacheDir } from 'node:module'
import { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../errors.ts'
import { siblingModule } from '../sibling-module.ts'
import { withinAddressSpace } from './address-space.ts'
import { CHANNEL_DESCRIPTOR, Channel } from './channel.ts'
import { diesWithThisProcess } from './die-with-the-server.ts'
import { FloodGuard } from './flood-guard.ts'
import { withoutPreloads } from './node-options.ts'
import { parseEvents } from './parse-events.ts'
import type { RunnerEvent, ToRunner } from './protocol.ts'
import type { RunnerRecords } from './records.ts'

/** How long after a death to wait for its last messages; a process that the model left behind may hold the channel. */
const LAST_WORDS_MS = 200
/** The longest message of a runner, in bytes: the largest output with most of its characters escaped. */
const LONGEST_MESSAGE = 256 * 2 ** 20

export interface RunnerListener {
  onEvent(event: RunnerEvent): void
  /** Text that native code printed. */
  onPrinted(text: string): void
  /**
   * Called once, after the last event.
   * @param how reads as the end of a sentence: `was ended by SIGFPE`
   * @param signal that ended it, if one did
   */
  onExit(how: string, signal?: NodeJS.Signals): void
}

export interface LaunchOptions {
  /** Most address space, where the system can limit it; allocations beyond fail inside the runner. */
  addressSpaceBytes?: number | undefined
}

/** What the scheduler sees of a runner process. */
export interface Runner {
  /** Undefined when no process could be had. */
  readonly pid: number | undefined
  send(message: ToRunner): void
  kill(): void
}

/** Starts a runner process that imports nothing yet. */
export type LaunchRunner = (listener: RunnerListener, options?: LaunchOptions) => Runner

/**
 * Makes the function that starts runners; none of the server's own settings reaches their environment. It never throws:
 * a process that cannot be had is reported as one that ended.
 */
export function runnerLauncher(
  environment: NodeJS.ProcessEnv,
  records: Pick<RunnerRecords, 'add' | 'remove'>,
): LaunchRunner {
  const env = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('REPRISE_')))
  const { NODE_OPTIONS: options = '' } = env
  const childEnv = {
    NODE_COMPILE_CACHE: getCompileCacheDir(),
    // As nvidia-smi counts, and not the fastest first: the number of a device has to mean the same card to both.
    CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
    ...env,
    NODE_OPTIONS: withoutPreloads(options),
    ORT_DISABLE_TELEMETRY: '1',
  }
  const program = fileURLToPath(siblingModule(import.meta.url, './child'))
  const command = diesWithThisProcess(process.execPath, ['--max-semi-space-size=1', program], environment.PATH)
  return (listener, { addressSpaceBytes } = {}) => {
    const [file = '', ...args] =
      addressSpaceBytes === undefined ? command : withinAddressSpace(addressSpaceBytes, command)
    let child: ChildProcess
    try {
      child = spawn(file, args, { env: childEnv, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
    } catch (error) {
      setImmediate(() => listener.onExit(`could not be started: ${messageOf(error)}`))
      return { pid: undefined, send() {}, kill() {} }
    }
    const { pid } = child
    if (pid !== undefined) records.add(pid)
    const channel = listen(child, listener, () => {
      if (pid !== undefined) records.remove(pid)
    })
    return {
      pid,
      // A child that has just died is told nothing; its exit is on the way.
      send: (message) => void channel?.send(message),
      kill: () => void child.kill('SIGKILL'),
    }
  }
}

/** @returns undefined when there is no process to talk to */
function listen(child: ChildProcess, listener: RunnerListener, onGone: () => void): Channel | undefined {
  const { promise: allRead, resolve: onAllRead } = Promise.withResolvers<void>()
  const channel = openChannel(child, listener, onAllRead)
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8')
    stream?.on('data', (text: string) => listener.onPrinted(text))
  }
  let gone = false
  const end = (how: string, signal?: NodeJS.Signals) => {
    if (gone) return
    gone = true
    onGone()
    // Between a timer and an immediate the loop reads the messages that came while the server was busy.
    const timer = setTimeout(() => setImmediate(onAllRead), LAST_WORDS_MS)
    if (!channel?.open) setImmediate(onAllRead)
    void allRead.then(() => {
      clearTimeout(timer)
      listener.onExit(how, signal)
    })
  }
  child.on('exit', (code, signal) => (signal ? end(`was ended by ${signal}`, signal) : end(`exited with code ${code}`)))
  child.on('error', (error) => {
    if (child.pid === undefined) end(`could not be started: ${error.message}`)
  })
  return channel
}

/** A model's own code can do to the channel what it likes; then its process is ended. */
function openChannel(child: ChildProcess, listener: RunnerListener, onEnd: () => void): Channel | undefined {
  const socket = child.stdio[CHANNEL_DESCRIPTOR]
  if (!(socket instanceof Socket)) return
  const guard = new FloodGuard(performance.now())
  const refuse = (fault: string) => {
    listener.onEvent({ type: 'refused', message: `The model ${fault}` })
    child.kill('SIGKILL')
  }
  return new Channel(socket, LONGEST_MESSAGE, {
    onMessage(message, bytes) {
      const events = parseEvents(message)
      if (!events) return refuse('sent a message of its own over the channel to the server')
      if (!guard.admit(bytes, performance.now())) return refuse('flooded the channel to the server with messages')
      for (const event of events) {
        if (endsWork(event)) guard.reset(performance.now())
        listener.onEvent(event)
      }
    },
    onFault(fault) {
      refuse(`sent over the channel to the server ${fault}`)
      onEnd()
    },
    onEnd() {
      onEnd()
      // When it has died, the news of that follows at once; when not, it cannot be spoken to any more.
      const hasExited = () => child.exitCode !== null || child.signalCode !== null
      setTimeout(() => !hasExited() && refuse('closed its channel to the server'), LAST_WORDS_MS)
    },
  })
}

function endsWork({ type }: RunnerEvent): boolean {
  return type === 'done' || type === 'error' || type === 'ready' || type === 'dropped'
}
