import { setTimeout as sleep } from 'node:timers/promises'
import type { Findings } from './findings.ts'
import { TOKENS } from './world.ts'

const EVERY_MS = 250
const BOUND_MS = 10_000

/** Asks again and again whether the server is there. */
export class Liveness {
  longestMs = 0
  readonly #stop = new AbortController()
  readonly #done: Promise<void>

  constructor(address: string, findings: Findings) {
    this.#done = this.#watch(address, findings)
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  async #watch(address: string, findings: Findings): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const begin = performance.now()
      try {
        const response = await fetch(`${address}/v1/account`, {
          headers: { authorization: `Bearer ${TOKENS.carol}`, connection: 'close' },
          signal: AbortSignal.timeout(BOUND_MS),
        })
        await response.text()
        if (response.status !== 200) findings.add(`carol was answered ${response.status}`)
      } catch (error) {
        if (!this.#stop.signal.aborted) findings.add(`the server did not answer carol: ${String(error)}`)
      }
      this.longestMs = Math.max(this.longestMs, performance.now() - begin)
      await sleep(EVERY_MS)
    }
  }
}
