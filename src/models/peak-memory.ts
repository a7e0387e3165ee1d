import type { Writer } from '../db/writer.ts'
import { rememberPeakMemory } from './store.ts'

/** A peak is written down when it is so much higher than the one that was. */
const STEP = 1.1

/** The most bytes that a runner of some content was seen to hold: what is set aside for the next. */
export class PeakMemory {
  readonly #writer: Writer
  readonly #peaks = new Map<string, { bytes: number; written: number }>()

  constructor(writer: Writer) {
    this.#writer = writer
  }

  /** Takes over what a former server has written down. */
  restore(contentHash: string, bytes: number): void {
    this.#peaks.set(contentHash, { bytes, written: bytes })
  }

  find(contentHash: string): number | undefined {
    return this.#peaks.get(contentHash)?.bytes
  }

  remember(contentHash: string, bytes: number): void {
    const written = this.#peaks.get(contentHash)?.written ?? 0
    const grown = bytes > written * STEP
    this.#peaks.set(contentHash, { bytes, written: grown ? bytes : written })
    // Only a help for the next start: what cannot be written is found out again.
    if (grown) this.#writer.submit(rememberPeakMemory(contentHash, bytes)).catch(() => {})
  }
}
