import { isRecord } from '../is-record.ts'
import type { BatchContext, PredictContext, SetupContext } from '../models/define-model.ts'

type Schema = Record<string, unknown>

/** What can be run: what the code of a package exports, or what is made of a graph without code. */
export interface Definition {
  input: Schema & { properties: Record<string, Schema> }
  output: Schema
  /** Tells input and output where they are known only once a graph is loaded; what it throws refuses the package. */
  inspect?: (ctx: SetupContext) => Promise<Pick<Definition, 'input' | 'output'>>
  setup?: (ctx: SetupContext) => unknown
  predict?: (input: Record<string, unknown>, ctx: PredictContext<unknown>) => unknown
  predictBatch?: (inputs: Record<string, unknown>[], ctx: BatchContext<unknown>) => unknown
  /** Puts what `predict` returned into the folder of the run; the output is what this resolves to. */
  keep?: (returned: unknown, run: { folder: string; signal: AbortSignal }) => Promise<unknown>
}

/** Whether the output arrives item by item. */
export function streams({ output }: Pick<Definition, 'output'>): boolean {
  return output['x-cog-array-type'] === 'iterator'
}

/** @throws when the default export of a file is not what can be run */
export function assertDefinition(value: unknown, entry: string): asserts value is Definition {
  if (!isRecord(value)) throw new Error(`${entry} has no default export; write \`export default defineModel({ … })\``)
  const { input, output, setup, predict, predictBatch } = value
  if (!isRecord(input) || !isRecord(input.properties)) throw new Error(`${entry}: input must be Type.Object({ … })`)
  if (!isRecord(output)) throw new Error(`${entry}: output must be a TypeBox schema`)
  if (setup !== undefined && typeof setup !== 'function') throw new Error(`${entry}: setup must be a function`)
  if (predictBatch === undefined) {
    if (typeof predict !== 'function') throw new Error(`${entry}: predict must be a function`)
    return
  }
  if (typeof predictBatch !== 'function') throw new Error(`${entry}: predictBatch must be a function`)
  if (predict !== undefined) throw new Error(`${entry}: there can be predict or predictBatch, not both`)
  if (streams({ output })) throw new Error(`${entry}: predictBatch cannot stream; write predict as an async generator`)
}
