/** What a model package imports as `reprise/model`. It runs in the runner only; the server never loads it. */
import { type Static, type TObject, type TSchema, Type } from '@sinclair/typebox'
import type { InferenceSession } from 'onnxruntime-common'

export { Type } from '@sinclair/typebox'
export { Tensor } from 'onnxruntime-common'

export interface SetupContext {
  /** Absolute path of a file of the package. */
  path(file: string): string
  /** Loads an ONNX file of the package with the thread and session settings of the version. */
  session(file: string): Promise<InferenceSession>
  /** Writes a line to the logs: of the prediction while one runs, else of the server. */
  log(text: string): void
}

export interface PredictContext<State> extends SetupContext {
  /** What `setup` returned. */
  readonly state: State
  /** Aborted when the prediction is canceled; look at it between steps. */
  readonly signal: AbortSignal
  /** Reports a number among the metrics of the prediction; counts should be integers. */
  metric(name: string, value: number): void
}

type Streamed<Output> = Output extends readonly (infer Item)[] ? AsyncGenerator<Item, void> : never

export interface ModelDefinition<Input extends TObject, Output extends TSchema, State> {
  /** Inputs by name; one with a `default` may be left out. */
  input: Input
  output: Output
  /** Runs once, before the first prediction. */
  setup?(ctx: SetupContext): Promise<State> | State
  /** Returns the output, or yields the items of a streamed one. */
  predict(
    input: Static<Input>,
    ctx: PredictContext<State>,
  ): Promise<Static<Output>> | Static<Output> | Streamed<Static<Output>>
}

export function defineModel<Input extends TObject, Output extends TSchema, State = undefined>(
  definition: ModelDefinition<Input, Output, State>,
): ModelDefinition<Input, Output, State> {
  return definition
}

/** Output that arrives item by item: `predict` yields what clients see as a growing list. */
export function stream<Item extends TSchema>(items: Item) {
  return Type.Array(items, { 'x-cog-array-type': 'iterator' })
}

/** Output text that arrives piece by piece and that clients join. */
export function textStream() {
  return Type.Array(Type.String(), { 'x-cog-array-type': 'iterator', 'x-cog-array-display': 'concatenate' })
}

/** One of the given values, shown as choices by clients. */
export function choices<const Value extends string | number>(
  values: readonly Value[],
  options: { default?: Value; description?: string } = {},
) {
  const type = typeof values[0] === 'string' ? 'string' : values.every(Number.isInteger) ? 'integer' : 'number'
  return Type.Unsafe<Value>({ ...options, type, enum: [...values] })
}
