import { isFile } from '../models/input-places.ts'
import { describeFault } from './describe-fault.ts'
import type { EventQueue } from './event-queue.ts'
import { type FoundFile, OutputMeter } from './json-output.ts'
import { OutputFolder } from './output-folder.ts'
import type { RunRequest } from './protocol.ts'

/** One input, and where its run reports to. */
export interface Run {
  request: RunRequest
  /** The prediction's own. */
  folder: string
  signal: AbortSignal
}

/** What the server hears of one run, from its logs to its end. */
export class RunReport {
  readonly run: Run
  /** What the model may say of this run alone. */
  readonly member: { signal: AbortSignal; metric(name: string, value: number): void }
  readonly log: (text: string) => void
  readonly #packageDir: string
  readonly #begin: number
  readonly #events: EventQueue
  readonly #outputs: OutputFolder
  readonly #meter = new OutputMeter()
  /** How long the storing of what it gives out has taken; undefined where there was nothing to store. */
  #storedMs: number | undefined

  /** @param begin of the run, by the clock of `performance` */
  constructor(run: Run, packageDir: string, begin: number, events: EventQueue) {
    const { request, folder, signal } = run
    this.run = run
    this.#packageDir = packageDir
    this.#begin = begin
    this.#events = events
    this.#outputs = new OutputFolder(folder, signal)
    this.log = (text) => events.pushLog(request.id, `${text}\n`)
    this.member = {
      signal,
      metric(name, value) {
        if (!Number.isFinite(value)) throw new Error(`The metric ${name} has to be a finite number, not ${value}`)
        events.push({ type: 'metric', id: request.id, name, value })
      },
    }
  }

  /** Does a part of the run, and reports its failure. */
  async settle(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.fail(error)
    }
  }

  /** Sends what a generator yields until it ends or the run is canceled. */
  async forward(result: unknown): Promise<void> {
    if (!isAsyncIterable(result))
      throw new Error('The output is declared as a stream, but predict is not an async generator')
    const { request, signal } = this.run
    for await (const value of result) {
      if (signal.aborted) break
      const stored = await this.#store(value, this.#meter.add(value))
      this.#events.pushOutput(request.id, stored.value, stored.files)
    }
  }

  /** @throws when the output is not what its schema declares, or cannot be told */
  async done(output: unknown, schema: Record<string, unknown>): Promise<void> {
    if (isFile(schema) && (output === undefined || output === null))
      throw new Error('The output is declared as a file, but predict returned none; return ctx.file(bytes, { name })')
    const { value, files } = await this.#store(output, new OutputMeter().add(output))
    const stored = this.#storedMs === undefined ? {} : { storeSeconds: this.#storedMs / 1000 }
    const { id } = this.run.request
    this.#events.push({ type: 'done', id, output: value ?? null, files, seconds: this.#seconds, ...stored })
  }

  /** Does a part of the run that is not the model's, but stores what that has made. */
  async keep<Kept>(work: () => Promise<Kept>): Promise<Kept> {
    const begin = performance.now()
    const kept = await work()
    this.#storedMs = (this.#storedMs ?? 0) + performance.now() - begin
    return kept
  }

  /** It will be run again. */
  giveBack(): void {
    this.#events.push({ type: 'returned', id: this.run.request.id })
  }

  fail(error: unknown): void {
    const message = describeFault(error, this.#packageDir)
    this.#events.push({ type: 'error', id: this.run.request.id, message, seconds: this.#seconds })
  }

  #store(value: unknown, found: readonly FoundFile[]): ReturnType<OutputFolder['store']> {
    const store = () => this.#outputs.store(value, found)
    return found.length === 0 ? store() : this.keep(store)
  }

  get #seconds(): number {
    return (performance.now() - this.#begin) / 1000
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
