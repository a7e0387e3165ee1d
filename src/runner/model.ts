import type { BatchContext, SetupContext } from '../models/define-model.ts'
import { type Definition, streams } from './definition.ts'
import { loadSession, packagePath, type SessionListener } from './engine.ts'
import type { EventQueue } from './event-queue.ts'
import { completeInput } from './input-files.ts'
import { ModelFile } from './model-file.ts'
import { openDefinition } from './open-definition.ts'
import type { PackageLocation, RunRequest, SessionSettings, Signature } from './protocol.ts'
import { type Run, RunReport } from './run-report.ts'

/** A graph is looked at where every machine can, and on a GPU only where the CPU lacks one of its operators. */
const INSPECTION: SessionSettings = {
  threads: 1,
  devices: [{ provider: 'cpu' }, { provider: 'cuda', deviceId: 0 }],
  // It is not run, so that its weights need not be put in another order.
  options: { extra: { session: { disable_prepacking: '1' } } },
}

/** What a package runs, opened, and after `setup` ready to run. */
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
    this.#streams = streams(definition)
    this.#defaults = {}
    for (const [name, schema] of Object.entries(definition.input.properties))
      if ('default' in schema) this.#defaults[name] = schema.default
  }

  /** @throws when the package holds nothing that can be run */
  static async open(location: PackageLocation): Promise<Model> {
    return new Model(location.dir, await openDefinition(location))
  }

  /** Whether it runs many inputs at once. */
  get batches(): boolean {
    return this.#definition.predictBatch !== undefined
  }

  /** What the package declares; where that takes a graph, it is loaded. */
  async inspect(): Promise<Omit<Signature, 'training'>> {
    const context = this.#setupContext(INSPECTION, { log: () => {}, onDevice: () => {} })
    const { input, output } = (await this.#definition.inspect?.(context)) ?? this.#definition
    return { input, output, batches: this.batches }
  }

  /** @returns what its sessions run on, where it loads any */
  async setup(settings: SessionSettings, log: (text: string) => void): Promise<string | null> {
    const devices = new Set<string>()
    this.#context = this.#setupContext(settings, { log, onDevice: (device) => devices.add(device) })
    this.#state = await this.#definition.setup?.(this.#context)
    return devices.size === 0 ? null : [...devices].join(', ')
  }

  /**
   * Runs inputs, more than one only where the model takes them so, and reports all that comes of it; never throws.
   * @returns what is to be run again, each by itself, because they have failed together
   */
  async run(runs: readonly Run[], events: EventQueue): Promise<RunRequest[]> {
    const begin = performance.now()
    const reports = runs.map((run) => new RunReport(run, this.#dir, begin, events))
    const { predict, predictBatch } = this.#definition
    if (predictBatch) return this.#runBatch(predictBatch, reports)
    for (const report of reports) await report.settle(() => this.#runOne(predict, report))
    return []
  }

  async #runOne(predict: Definition['predict'], report: RunReport): Promise<void> {
    const input = await this.#inputOf(report)
    const result = predict?.(input, { ...this.#contextOf(report.log), ...report.member })
    if (this.#streams) await report.forward(result)
    const output = this.#streams ? null : await result
    const { keep } = this.#definition
    await report.done(keep ? await report.keep(() => keep(output, report.run)) : output, this.#definition.output)
  }

  /** Where a batch fails as a whole, nobody knows which member is to blame. */
  async #runBatch(
    predictBatch: NonNullable<Definition['predictBatch']>,
    reports: readonly RunReport[],
  ): Promise<RunRequest[]> {
    const ready: { report: RunReport; input: Record<string, unknown> }[] = []
    for (const report of reports)
      await report.settle(async () => void ready.push({ report, input: await this.#inputOf(report) }))
    const members = ready.map(({ report }) => report)
    if (members.length === 0) return []
    try {
      const outputs = await predictBatch(
        ready.map(({ input }) => input),
        this.#batchContextOf(members),
      )
      assertOutputs(outputs, members.length)
      for (const [index, report] of members.entries())
        await report.settle(async () => {
          const output = outputs[index]
          if (output instanceof Error) throw output
          await report.done(output, this.#definition.output)
        })
      return []
    } catch (error) {
      const innocent = members.filter(({ member }) => members.length > 1 && !member.signal.aborted)
      for (const report of members) if (!innocent.includes(report)) report.fail(error)
      for (const report of innocent) report.giveBack()
      return innocent.map(({ run }) => run.request)
    }
  }

  #batchContextOf(members: readonly RunReport[]): BatchContext<unknown> {
    const logToAll = (text: string) => {
      for (const { log } of members) log(text)
    }
    return {
      ...this.#contextOf(logToAll),
      signal: abortedWithAll(members.map(({ member }) => member.signal)),
      members: members.map(({ log, member }) => ({ log, ...member })),
    }
  }

  async #inputOf({ run: { request, folder } }: RunReport): Promise<Record<string, unknown>> {
    return { ...this.#defaults, ...(await completeInput(request, folder)) }
  }

  #setupContext(settings: SessionSettings, listener: SessionListener): SetupContext {
    return {
      path: (file) => packagePath(this.#dir, file),
      session: (file) => loadSession(this.#dir, file, settings, listener),
      log: listener.log,
    }
  }

  #contextOf(log: (text: string) => void) {
    if (!this.#context) throw new Error('The model was run before its setup')
    return {
      ...this.#context,
      state: this.#state,
      file: (bytes: Uint8Array, options: { name: string; type?: string }) => new ModelFile(bytes, options),
      log,
    }
  }
}

/** A signal that is aborted when all of them are. */
function abortedWithAll(signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController()
  for (const signal of signals)
    signal.addEventListener('abort', () => {
      if (signals.every(({ aborted }) => aborted)) controller.abort()
    })
  return controller.signal
}

function assertOutputs(outputs: unknown, count: number): asserts outputs is unknown[] {
  if (!Array.isArray(outputs)) throw new Error('predictBatch has to return an array with an output for each input')
  if (outputs.length !== count)
    throw new Error(
      `predictBatch returned ${outputs.length} outputs for ${count} inputs; it has to return one for each`,
    )
}
