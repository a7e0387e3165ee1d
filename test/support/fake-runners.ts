import type { LaunchOptions, LaunchRunner, Runner, RunnerListener } from '../../src/runner/host.ts'
import type { RunnerEvent, ToRunner } from '../../src/runner/protocol.ts'

/** A runner without a process: the test says what it reports and when it dies. */
class FakeRunner implements Runner {
  readonly pid: number
  readonly received: ToRunner[] = []
  /** How it was launched. */
  readonly options: LaunchOptions
  /** What it was asked to load; the spare has not been. */
  load: Extract<ToRunner, { type: 'load' }> | undefined
  killed = false
  readonly #listener: RunnerListener

  constructor(pid: number, listener: RunnerListener, options: LaunchOptions) {
    this.pid = pid
    this.#listener = listener
    this.options = options
  }

  /** Ids of the runs it was sent, one list for each message. */
  get runs(): string[][] {
    return this.received.filter((message) => message.type === 'run').map(({ runs }) => runs.map(({ id }) => id))
  }

  get canceled(): string[] {
    return this.received.filter((message) => message.type === 'cancel').map(({ id }) => id)
  }

  send(message: ToRunner): void {
    if (message.type === 'load') this.load = message
    this.received.push(message)
  }

  kill(): void {
    if (this.killed) return
    this.killed = true
    queueMicrotask(() => this.die('was ended by SIGKILL'))
  }

  report(...events: RunnerEvent[]): void {
    for (const event of events) this.#listener.onEvent(event)
  }

  /** Reports a whole run. */
  finish(id: string, seconds: number): void {
    this.report({ type: 'started', id }, { type: 'done', id, output: id, files: [], seconds })
  }

  print(text: string): void {
    this.#listener.onPrinted(text)
  }

  die(how: string): void {
    this.#listener.onExit(how)
  }
}

export class FakeRunners {
  readonly #launched: FakeRunner[] = []
  readonly launch: LaunchRunner = (listener, options = {}) => {
    const runner = new FakeRunner(this.#launched.length + 1, listener, options)
    this.#launched.push(runner)
    return runner
  }

  /** Those that were asked to load a version, in the order in which they were started. */
  get all(): FakeRunner[] {
    return this.#launched.filter(({ load }) => load)
  }

  /** The one that was asked to load a version last. */
  get last(): FakeRunner {
    const runner = this.all.at(-1)
    if (!runner) throw new Error('No runner has been launched')
    return runner
  }
}
