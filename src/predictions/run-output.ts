import { LOGS_LIMIT, type OutputFile } from '../runner/protocol.ts'
import { newSecret } from '../secret.ts'
import type { ServedFile } from './prediction.ts'

const LOGS_CUT = `\n[logs beyond ${LOGS_LIMIT} characters are not kept]\n`

/** A piece of what a run gives out, in the order it was produced. */
export interface Chunk {
  output: unknown[]
  /** Their paths begin with an index in the whole output. */
  files: ServedFile[]
  logs: string
}

/** How much there was at some moment. */
export interface Mark {
  output: number
  files: number
  logs: number
}

export const NOTHING: Mark = { output: 0, files: 0, logs: 0 }

/** What a run has given out so far: streamed values with their files, and logs. */
export class RunOutput {
  readonly #values: unknown[]
  readonly #files: ServedFile[]
  #logs: string

  constructor(stored: Chunk = { output: [], files: [], logs: '' }) {
    this.#values = stored.output
    this.#files = stored.files
    this.#logs = stored.logs
  }

  /** Grows in place. */
  get values(): readonly unknown[] {
    return this.#values
  }

  get files(): readonly ServedFile[] {
    return this.#files
  }

  get logs(): string {
    return this.#logs
  }

  get mark(): Mark {
    return { output: this.#values.length, files: this.#files.length, logs: this.#logs.length }
  }

  /** @param files with paths that begin with an index in `values` */
  addValues(values: readonly unknown[], files: readonly OutputFile[]): void {
    const before = this.#values.length
    for (const value of values) this.#values.push(value)
    for (const file of files) {
      const [index, ...rest] = file.path
      this.#files.push(toServed({ ...file, path: [before + Number(index), ...rest] }))
    }
  }

  /** @returns false when there is no room for more */
  addLog(text: string): boolean {
    if (this.#logs.length > LOGS_LIMIT) return false
    this.#logs += text
    if (this.#logs.length > LOGS_LIMIT) this.#logs = this.#logs.slice(0, LOGS_LIMIT) + LOGS_CUT
    return true
  }

  since(mark: Mark): Chunk {
    return {
      output: this.#values.slice(mark.output),
      files: this.#files.slice(mark.files),
      logs: this.#logs.slice(mark.logs),
    }
  }
}

/** From here on whoever has its URL may read it. */
export function toServed(file: OutputFile): ServedFile {
  return { ...file, secret: newSecret() }
}
