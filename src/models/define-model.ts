/** What a model package imports as `reprise/model`. It runs in the runner only; the server never loads it. */
import { type Static, type TObject, type TSchema, Type } from '@sinclair/typebox'
import type { InferenceSession } from 'onnxruntime-common'

export { Type } from '@sinclair/typebox'
export { Tensor } from 'onnxruntime-common'

/** A file that a client sent, uploaded, or named by its URL. */
export interface FileInput {
  /** Where its content lies, for as long as the prediction runs; it must not be changed. */
  readonly path: string
  readonly name: string
  readonly contentType: string
  bytes(): Promise<Uint8Array>
}

/** A file that a model gives out. */
export interface FileOutput {
  readonly name: string
  readonly bytes: Uint8Array
}

export interface SetupContext {
  /** Absolute path of a file of the package. */
  path(file: string): string
  /** Loads an ONNX file of the package with the thread and session settings of the version. */
  session(file: string): Promise<InferenceSession>
  /** Writes a line to the logs: of the prediction while one runs, else of the server. */
  log(text: string): void
}

interface RunContext<State> extends SetupContext {
  /** What `setup` returned. */
  readonly state: State
  /** Aborted when the prediction, or every one of a batch, is canceled; look at it between steps. */
  readonly signal: AbortSignal
  /**
   * Makes a file that can stand anywhere in the output, where clients will find its URL. Without a `type` it is told
   * from the content, or from the ending of the name.
   */
  file(bytes: Uint8Array, options: { name: string; type?: string }): FileOutput
}

export interface PredictContext<State> extends RunContext<State> {
  /** Reports a number among the metrics of the prediction; counts should be integers. */
  metric(name: string, value: number): void
}

/** What of a batch belongs to one prediction. */
export type BatchMember = Pick<PredictContext<unknown>, 'log' | 'metric' | 'signal'>

/** `log` writes to the logs of every prediction of the batch. */
export interface BatchContext<State> extends RunContext<State> {
  /** One for each input, in the same order. */
  readonly members: readonly BatchMember[]
}

type Streamed<Output> = Output extends readonly (infer Item)[] ? AsyncGenerator<Item, void> : never

interface PredictOne<Input extends TObject, Output extends TSchema, State> {
  /** Returns the output, or yields the items of a streamed one. */
  predict(
    input: Static<Input>,
    ctx: PredictContext<State>,
  ): Promise<Static<Output>> | Static<Output> | Streamed<Static<Output>>
}

interface PredictMany<Input extends TObject, Output extends TSchema, State> {
  /**
   * Runs what waits together, up to `run.max_batch` inputs of model.yaml at a time. Returns an output for each input, in
   * the same order, or an Error where that one has failed; what it throws is no fault of one of them, so each is run
   * once more by itself.
   */
  predictBatch(
    inputs: Static<Input>[],
    ctx: BatchContext<State>,
  ): Promise<(Static<Output> | Error)[]> | (Static<Output> | Error)[]
}

interface Declaration<Input extends TObject, Output extends TSchema, State> {
  /** Inputs by name; one with a `default` may be left out. */
  input: Input
  output: Output
  /** Runs once, before the first prediction. */
  setup?(ctx: SetupContext): Promise<State> | State
}

export type ModelDefinition<Input extends TObject, Output extends TSchema, State> = Declaration<Input, Output, State> &
  PredictOne<Input, Output, State>

export type BatchModelDefinition<Input extends TObject, Output extends TSchema, State> = Declaration<
  Input,
  Output,
  State
> &
  PredictMany<Input, Output, State>

export function defineModel<Input extends TObject, Output extends TSchema, State = undefined>(
  definition: ModelDefinition<Input, Output, State>,
): ModelDefinition<Input, Output, State>
export function defineModel<Input extends TObject, Output extends TSchema, State = undefined>(
  definition: BatchModelDefinition<Input, Output, State>,
): BatchModelDefinition<Input, Output, State>
export function defineModel<Definition>(definition: Definition): Definition {
  return definition
}

export type TrainContext = Omit<PredictContext<undefined>, 'state' | 'file'>

/** Files of a package by their paths; a text is written as UTF-8. */
export type PackageFiles = Readonly<Record<string, Uint8Array | string>>

export interface TrainingDefinition<Input extends TObject> {
  /** Inputs by name; one with a `default` may be left out. */
  input: Input
  /**
   * Makes the package of a new version from what a client sends. It may hold data, and of code only what this package
   * holds itself, unchanged: `readFile(ctx.path('predict.ts'))`.
   */
  train(input: Static<Input>, ctx: TrainContext): Promise<PackageFiles> | PackageFiles
}

/** What `train.ts` exports: the way in which a version makes others out of examples. */
export function defineTraining<Input extends TObject>(
  definition: TrainingDefinition<Input>,
): TrainingDefinition<Input> {
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

/**
 * A file that clients upload, send as a data URI, or name by its URL.
 * @param options.accept what clients should offer to choose from, such as `image/*`
 */
export function fileInput(options: { description?: string; accept?: string } = {}) {
  const { accept, ...rest } = options
  const filter = accept === undefined ? {} : { 'x-cog-accept': accept }
  return Type.Unsafe<FileInput>({ ...rest, ...filter, type: 'string', format: 'uri' })
}

/** A file in the output, made by `ctx.file`. */
export function fileOutput(options: { description?: string } = {}) {
  return Type.Unsafe<FileOutput>({ ...options, type: 'string', format: 'uri' })
}

/** A text, such as a key, that the model sees and nobody reads back: answers and rows show asterisks. */
export function secret(options: { description?: string } = {}) {
  return Type.String({ ...options, format: 'password', 'x-cog-secret': true })
}

/** One of the given values, shown as choices by clients. */
export function choices<const Value extends string | number>(
  values: readonly Value[],
  options: { default?: Value; description?: string } = {},
) {
  const type = typeof values[0] === 'string' ? 'string' : values.every(Number.isInteger) ? 'integer' : 'number'
  return Type.Unsafe<Value>({ ...options, type, enum: [...values] })
}
