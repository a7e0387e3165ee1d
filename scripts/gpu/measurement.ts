/** What the process that measures is asked, and what it answers. */
import type { ProviderChoice } from '../../src/runner/execution-provider.ts'

export interface MeasureRequest {
  path: string
  input: string
  data: Float32Array
  shape: readonly number[]
  choice: ProviderChoice
}

export interface Measurement {
  type: 'measured'
  loadMs: number
  /** Median. */
  runMs: number
  outputs: Record<string, Float32Array>
}

export type MeasureAnswer = Measurement | { type: 'unavailable'; reason: string } | { type: 'failed'; reason: string }
