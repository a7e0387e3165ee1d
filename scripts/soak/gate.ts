/** How long what was begun may take to end after the load has stopped. */
export const PATIENCE_MS = 60_000

/** Lets clients begin something, unless the load is paused; knows when all they have begun is over. */
export class Gate {
  #inside = 0
  #stopped = false
  #closedAt: number | undefined
  #opened = Promise.withResolvers<void>()
  #emptied = Promise.withResolvers<void>()

  constructor() {
    this.#opened.resolve()
  }

  get isOpen(): boolean {
    return this.#closedAt === undefined && !this.#stopped
  }

  /** Whether what has not ended by now never will. */
  get isOutOfPatience(): boolean {
    return this.#closedAt !== undefined && performance.now() - this.#closedAt > PATIENCE_MS
  }

  /** Waits while the load is paused. @returns false when it is over */
  async enter(): Promise<boolean> {
    while (!this.isOpen && !this.#stopped) await this.#opened.promise
    if (this.#stopped) return false
    this.#inside++
    return true
  }

  leave(): void {
    this.#inside--
    if (this.#inside === 0) this.#emptied.resolve()
  }

  /** Pauses the load; resolves when nobody is inside any more. */
  async close(): Promise<void> {
    this.#closedAt ??= performance.now()
    this.#opened = Promise.withResolvers()
    this.#emptied = Promise.withResolvers()
    if (this.#inside > 0) await this.#emptied.promise
  }

  open(): void {
    this.#closedAt = undefined
    this.#opened.resolve()
  }

  stop(): void {
    this.#stopped = true
    this.#opened.resolve()
  }
}
