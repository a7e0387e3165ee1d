/** Packages without code, opened and run as a runner does it, but in the process of the test. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, vi } from 'vitest'
import { openapiSchema } from '../../src/models/openapi-schema.ts'
import { EventQueue } from '../../src/runner/event-queue.ts'
import { Model } from '../../src/runner/model.ts'
import type { InputFile, RunnerEvent, RunRequest, Signature } from '../../src/runner/protocol.ts'
import { installTasks, type TaskPackage } from './task-packages.ts'
import { makeFolder, removeFolder } from './temporary.ts'

/** A file that a client sends. */
export class SentFile {
  readonly content: Uint8Array
  readonly type: string
  readonly name: string

  constructor(type: string, content: Uint8Array, name = 'sent') {
    this.content = content
    this.type = type
    this.name = name
  }
}

export type Input = Record<string, unknown>

/** Of a prediction. */
export interface Outcome {
  output: unknown
  error: string | null
  logs: string
}

/** Models by name, each opened when it is first asked for. To be called outside of tests. */
export class TaskModels {
  readonly #dir = makeFolder()
  readonly #opened = new Map<string, Promise<Model>>()

  constructor(packages: Record<string, TaskPackage>) {
    // Its binaries tell Microsoft that they run, unless they are told not to before they are loaded.
    vi.stubEnv('ORT_DISABLE_TELEMETRY', '1')
    installTasks(this.#dir, packages)
    afterAll(() => removeFolder(this.#dir))
  }

  /** What clients read of the input and the output. */
  async schemaOf(name: string) {
    return openapiSchema(await this.inspect(name)).components.schemas
  }

  /** What a package declares, seen without its setup. */
  async inspect(name: string): Promise<Omit<Signature, 'training'>> {
    return (await this.#open(name)).inspect()
  }

  #open(name: string): Promise<Model> {
    const dir = join(this.#dir, name)
    return Model.open({ dir, entry: 'model.onnx', sourceDir: dir })
  }

  async setUp(name: string): Promise<Model> {
    const model = await this.#open(name)
    await model.setup({ threads: 1, devices: [{ provider: 'cpu' }], options: {} }, () => {})
    return model
  }

  async run(name: string, input: Input): Promise<Outcome> {
    const [outcome] = await this.runTogether(name, [input])
    if (!outcome) throw new Error('Nothing has come of the run')
    return outcome
  }

  /** Runs inputs as a batch where the model takes them so. */
  async runTogether(name: string, inputs: readonly Input[]): Promise<Outcome[]> {
    const opened = this.#opened.get(name) ?? this.setUp(name)
    this.#opened.set(name, opened)
    const model = await opened
    const events: RunnerEvent[] = []
    const queue = new EventQueue(async (group) => void events.push(...group))
    const runs = inputs.map((input, index) => {
      const folder = mkdtempSync(join(this.#dir, 'run-'))
      return { request: requestOf(`run-${index}`, input, folder), folder, signal: new AbortController().signal }
    })
    await model.run(runs, queue)
    await queue.flush()
    return runs.map(({ request, folder }) => outcomeOf(events, request.id, folder))
  }
}

function requestOf(id: string, input: Input, folder: string): RunRequest {
  const inputFiles: InputFile[] = []
  const plain = Object.entries(input).map(([name, value]) => {
    if (!(value instanceof SentFile)) return [name, value]
    const file = `input-${inputFiles.length}`
    writeFileSync(join(folder, file), value.content)
    const as = { type: 'file' as const, name: value.name, contentType: value.type }
    inputFiles.push({ path: [name], file, size: value.content.length, as })
    return [name, null]
  })
  return { id, account: 'alice', input: Object.fromEntries(plain), inputFiles }
}

/** A file that is the output stands in it as its bytes. */
function outcomeOf(events: readonly RunnerEvent[], runId: string, folder: string): Outcome {
  const outcome: Outcome = { output: null, error: null, logs: '' }
  for (const event of events) {
    if (!('id' in event) || event.id !== runId) continue
    if (event.type === 'log') outcome.logs += event.text
    if (event.type === 'error') outcome.error = event.message
    if (event.type !== 'done') continue
    const [file] = event.files
    outcome.output = file ? readFileSync(join(folder, file.file)) : event.output
  }
  return outcome
}
