import { AppError } from '../errors.ts'
import type { Terminal } from './command.ts'
import { getPrediction, type PredictionView } from './prediction-view.ts'
import type { RunningServer } from './server.ts'

const SHORTEST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000
/** Questions in a row that the server may leave without an answer, as while it is started again. */
const MOST_UNANSWERED = 10

/** Tells what is new in the logs of a prediction, and what it is doing. */
export class Follower {
  readonly #server: RunningServer
  readonly #terminal: Pick<Terminal, 'tell' | 'status'>
  readonly #begin = performance.now()
  #told = ''

  constructor(server: RunningServer, terminal: Pick<Terminal, 'tell' | 'status'>) {
    this.#server = server
    this.#terminal = terminal
  }

  /**
   * Asks again and again, until the prediction has ended or `enough` is aborted.
   * @returns what it saw last
   */
  async follow(prediction: PredictionView, enough?: AbortSignal): Promise<PredictionView> {
    let last = prediction
    let unanswered = 0
    for (let pauseMs = SHORTEST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      this.#show(last)
      if (last.ended || enough?.aborted) return last
      await this.#server.pause(pauseMs, enough)
      try {
        last = await getPrediction(this.#server, prediction.id)
        unanswered = 0
      } catch (error) {
        const mayPass = error instanceof AppError && error.code === 'unavailable' && !this.#server.stopping.aborted
        if (!mayPass || ++unanswered > MOST_UNANSWERED) throw error
      }
    }
  }

  #show({ logs, status, ended }: PredictionView): void {
    const { tell, status: show } = this.#terminal
    // The server cuts logs that are too long and says so at their end.
    tell(logs.startsWith(this.#told) ? logs.slice(this.#told.length) : logs)
    this.#told = logs
    if (ended && logs !== '' && !logs.endsWith('\n')) tell('\n')
    show(ended ? '' : `${status} for ${Math.round((performance.now() - this.#begin) / 1000)} s`)
  }
}
