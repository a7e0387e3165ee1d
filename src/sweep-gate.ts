/** So many removals wait at most; who comes with another waits for the gate to open. */
const MOST_WAITING = 10_000

type Removal = () => Promise<void>

/**
 * While files are being copied, none of them goes away: sweeps stand still at the gate, and what somebody removes
 * meanwhile is gone for everybody at once, by its row, while its files follow when the gate opens.
 */
export class SweepGate {
  #holders = 0
  #opened = Promise.withResolvers<void>()
  /** By what they remove, each in the order in which it was asked for. */
  readonly #waiting = new Map<string, Removal[]>()

  /** Resolves when nobody holds the gate; to be asked before each step of a sweep. */
  async pass(): Promise<void> {
    while (this.#holders > 0) await this.#opened.promise
  }

  /**
   * Removes now, or after the gate has opened.
   * @param key of what is removed
   */
  async remove(key: string, removal: Removal): Promise<void> {
    if (this.#holders > 0 && this.#waiting.size >= MOST_WAITING) await this.pass()
    if (this.#holders === 0) return removal()
    this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), removal])
  }

  /** What was to be removed has been replaced by something that stays. */
  forget(key: string): void {
    this.#waiting.delete(key)
  }

  /** @returns opens it again, and resolves when what has waited is removed, as far as that could be done */
  hold(): () => Promise<void> {
    this.#holders++
    let open = false
    return async () => {
      if (open) return
      open = true
      if (--this.#holders > 0) return
      this.#opened.resolve()
      this.#opened = Promise.withResolvers()
      const removals = [...this.#waiting.values()].flat()
      this.#waiting.clear()
      // What cannot be removed now is swept later, as after a crash.
      for (const removal of removals) await removal().catch(() => {})
    }
  }
}
