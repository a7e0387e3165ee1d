import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { run } from './requests.ts'
import type { TestServer } from './server.ts'

/** Leaves the cores to those who are watched. */
const PAUSE_MS = 20

/** Asks a model that behaves, again and again, while others do not, and keeps how long it waited at most. */
export class Bystander {
  readonly #server: Pick<TestServer, 'call'>
  slowestMs = 0

  constructor(server: Pick<TestServer, 'call'>) {
    this.#server = server
  }

  /** Asks until the work is done, and once more. */
  async during<Result>(work: Promise<Result>): Promise<Result> {
    let isOver = false
    const asking = async () => {
      for (; !isOver; await sleep(PAUSE_MS)) await this.#ask()
      await this.#ask()
    }
    const [result] = await Promise.all([work.finally(() => (isOver = true)), asking()])
    return result
  }

  async #ask(): Promise<void> {
    const asked = performance.now()
    const answer = await run(this.#server, 'replicate/hello-world', { text: 'Alice' })
    this.slowestMs = Math.max(this.slowestMs, performance.now() - asked)
    expect(answer).toMatchObject({ status: 'succeeded', output: 'hello Alice' })
  }
}
