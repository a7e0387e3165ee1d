import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isRecord } from '../is-record.ts'
import type { PredictContext, SetupContext } from '../models/define-model.ts'
import { isFile } from '../models/input-places.ts'
import { describeFault } from './describe-fault.ts'
import { loadSession, packagePath } from './engine.ts'
import type { EventQueue } from './event-queue.ts'
import { completeInput } from './input-files.ts'
import { OutputMeter } from './json-output.ts'
import { ModelFile } from './model-file.ts'
import { OutputFolder } from './output-folder.ts'
import type { PackageLocation, RunRequest, SessionSettings, Signature } from './protocol.ts'

type Schema = Record<string, unknown>

/** What a package's default export has to be, as far as a runner calls it. */
interface Definition {
  input: Schema & { properties: Record<string, Schema> }
  output: Schema
  setup?: (ctx: SetupContext) => unknown
  predict: (input: Record<string, unknown>, ctx: PredictContext<unknown>) => unknown
}

/** The code of a package, imported, and after `setup` ready to run. */
export class Model {
  readonly #dir: string
  readonly #definition: Definition
  readonly #defaults: Record<string, unknown>
  readonly #streams: boolean
  #context: SetupContext | undefined
  #state: unknown

  private constructor(dir: string, definition: Definition) {
    this.#dir = dir
    this.#definition = definition
    this.#streams = definition.output['x-cog-array-type'] === 'iterator'
    this.#defaults = {}
    for (const [name, schema] of Object.entries(definition.input.properties))
      if ('default' in schema) this.#defaults[name] = schema.default
  }

  /** @throws when the file cannot be imported or its default export is not a model. */
  static async open({ dir, entry }: PackageLocation): Promise<Model> {
    const { default: definition }: { default?: unknown } = await import(pathToFileURL(join(dir, entry)).href)
    assertDefinition(definition, entry)
    return new Model(dir, definition)
  }

  get signature(): Signature {
    return { input: this.#definition.input, output: this.#definition.output }
  }

  async setup(settings: SessionSettings, log: (text: string) => void): Promise<void> {
    this.#context = {
      path: (file) => packagePath(this.#dir, file),
      session: (file) => loadSession(this.#dir, file, settings),
      log,
    }
    this.#state = await this.#definition.setup?.(this.#context)
  }

  /**
   * Runs one input and reports all that comes of it; never throws.
   * @param folder the prediction's own
   */
  async run(request: RunRequest, folder: string, signal: AbortSignal, events: EventQueue): Promise<void> {
    const { id } = request
    const begin = performance.now()
    const seconds = () => (performance.now() - begin) / 1000
    try {
      if (!this.#context) throw new Error('The model was run before its setup')
      const input = await completeInput(request, folder)
      const result = this.#definition.predict(
        { ...this.#defaults, ...input },
        {
          ...this.#context,
          state: this.#state,
          signal,
          file: (bytes, options) => new ModelFile(bytes, options),
          log: (text) => {
            events.push({ type: 'log', id, text: `${text}\n` })
            events.soon()
          },
          metric: (name, value) => {
            if (!Number.isFinite(value)) throw new Error(`The metric ${name} has to be a finite number, not ${value}`)
            events.push({ type: 'metric', id, name, value })
          },
        },
      )
      const outputs = new OutputFolder(folder, signal)
      if (this.#streams) await forward(id, result, outputs, signal, events)
      const output = this.#streams ? null : await result
      if (isFile(this.#definition.output)) assertFile(output)
      const { value, files } = await outputs.store(output, new OutputMeter().add(output))
      events.push({ type: 'done', id, output: value ?? null, files, seconds: seconds() })
    } catch (error) {
      events.push({ type: 'error', id, message: describeFault(error, this.#dir), seconds: seconds() })
    }
  }
}

/** Sends what a generator yields until it ends or the run is canceled. */
async function forward(
  id: string,
  result: unknown,
  outputs: OutputFolder,
  signal: AbortSignal,
  events: EventQueue,
): Promise<void> {
  if (!isAsyncIterable(result))
    throw new Error('The output is declared as a stream, but predict is not an async generator')
  const meter = new OutputMeter()
  for await (const value of result) {
    if (signal.aborted) break
    const stored = await outputs.store(value, meter.add(value))
    events.pushOutput(id, stored.value, stored.files)
  }
}

/** @throws when a model that declares a file gives out nothing */
function assertFile(output: unknown): void {
  if (output === undefined || output === null)
    throw new Error('The output is declared as a file, but predict returned none; return ctx.file(bytes, { name })')
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

function assertDefinition(value: unknown, entry: string): asserts value is Definition {
  if (!isRecord(value)) throw new Error(`${entry} has no default export; write \`export default defineModel({ … })\``)
  const { input, output, setup, predict } = value
  if (!isRecord(input) || !isRecord(input.properties)) throw new Error(`${entry}: input must be Type.Object({ … })`)
  if (!isRecord(output)) throw new Error(`${entry}: output must be a TypeBox schema`)
  if (setup !== undefined && typeof setup !== 'function') throw new Error(`${entry}: setup must be a function`)
  if (typeof predict !== 'function') throw new Error(`${entry}: predict must be a function`)
}
