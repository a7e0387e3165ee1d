import type { LaunchRunner, Runner, RunnerListener } from '../../src/runner/host.ts'
import type { RunnerEvent, ToRunner } from '../../src/runner/protocol.ts'

/** A runner without a process: the test says what it reports and when it dies. */
class FakeRunner implements Runner {
  readonly received: ToRunner[] = []
  killed = false
  readonly #listener: RunnerListener

  constructor(listener: RunnerListener) {
    this.#listener = listener
  }

  /** Ids of the runs it was sent, one list for each message. */
  get runs(): string[][] {
    return this.received.filter((message) => message.type === 'run').map(({ runs }) => runs.map(({ id }) => id))
  }

  get canceled(): string[] {
    return this.received.filter((message) => message.type === 'cancel').map(({ id }) => id)
  }

  send(message: ToRunner): void {
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
  readonly all: FakeRunner[] = []
  readonly launch: LaunchRunner = (listener) => {
    const runner = new FakeRunner(listener)
    this.all.push(runner)
    return runner
  }

  /** The one that was launched last. */
  get last(): FakeRunner {
    const runner = this.all.at(-1)
    if (!runner) throw new Error('No runner has been launched')
    return runner
  }
}
