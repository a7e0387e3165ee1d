import type { LaunchRunner, Runner, RunnerListener } from './host.ts'

interface Spare {
  runner: Runner
  /** Whether it has been asked to end. */
  dropped: boolean
  /** Who hears of it from now on. */
  owner: RunnerListener | undefined
}

/** One runner that has loaded all that every model needs, kept for the next that is asked for. */
export class SpareRunner {
  readonly #launch: LaunchRunner
  readonly #onGone: () => void
  #spare: Spare | undefined

  /** @param onGone is called when the spare has ended without having served */
  constructor(launch: LaunchRunner, onGone: () => void) {
    this.#launch = launch
    this.#onGone = onGone
  }

  get pid(): number | undefined {
    return this.#spare?.runner.pid
  }

  /** Whether it ends and cannot serve any more. */
  get dropped(): boolean {
    return this.#spare?.dropped ?? false
  }

  /** Starts the spare, unless there is one. */
  prepare(): void {
    if (this.#spare) return
    const runner = this.#launch({
      onEvent: (event) => spare.owner?.onEvent(event),
      onPrinted: (text) => spare.owner?.onPrinted(text),
      onExit: (how, signal) => {
        if (spare.owner) return spare.owner.onExit(how, signal)
        this.#spare = undefined
        this.#onGone()
      },
    })
    const spare: Spare = { runner, dropped: false, owner: undefined }
    this.#spare = spare
    runner.send({ type: 'prepare' })
  }

  /** The spare, or a new runner where there is none. */
  take(listener: RunnerListener): Runner {
    const spare = this.#spare
    if (!spare || spare.dropped) return this.#launch(listener)
    this.#spare = undefined
    spare.owner = listener
    return spare.runner
  }

  /** Ends the spare, if there is one. */
  drop(): void {
    if (!this.#spare) return
    this.#spare.dropped = true
    this.#spare.runner.kill()
  }
}
