import type { Config } from '../config.ts'
import type { Outlook } from '../scheduler/outlook.ts'
import type { PredictionFolders } from './folders.ts'
import { inputAsSent } from './input-storage.ts'
import { type Manner, OutputFiles } from './output-files.ts'
import type { Prediction, ServedFile } from './prediction.ts'
import { toWire, toWireUnfinished, type WirePrediction } from './schema.ts'

/** Two clients make file objects of https and data URLs only (replicate-api.md 7.5). */
const WRAPS_NO_HTTP = /^replicate-(?:javascript\/|python\/1\.)/

export interface PresenterOptions {
  folders: PredictionFolders
  fileOutputs: Config['fileOutputs']
  /** Where a prediction stands that waits. */
  outlookOf(id: string): Outlook | undefined
}

/** Shows predictions to clients, with what lies in their folders. */
export class Presenter {
  readonly #folders: PredictionFolders
  readonly #files: OutputFiles
  readonly #fileOutputs: Config['fileOutputs']
  readonly #outlookOf: PresenterOptions['outlookOf']

  constructor({ folders, fileOutputs, outlookOf }: PresenterOptions) {
    this.#folders = folders
    this.#files = new OutputFiles(folders)
    this.#fileOutputs = fileOutputs
    this.#outlookOf = outlookOf
  }

  /** How a client gets the files of an answer (rules 7). */
  mannerFor(origin: string, userAgent: string | undefined): Manner {
    const needed = origin.startsWith('http:') && WRAPS_NO_HTTP.test(userAgent ?? '')
    return { origin, inline: this.#fileOutputs === 'data-uri' || (this.#fileOutputs === 'auto' && needed) }
  }

  async show(p: Prediction, manner: Manner): Promise<WirePrediction> {
    return toWire(await this.#complete(p, manner), manner.origin)
  }

  /** As `show`, and while it waits with its place in the queue, which holds for this moment only. */
  async answer(p: Prediction, manner: Manner): Promise<WirePrediction> {
    const complete = await this.#complete(p, manner)
    return toWire(complete, manner.origin, p.status === 'starting' ? this.#outlookOf(p.id) : undefined)
  }

  /** For a create that waited and saw no end. */
  async showUnfinished(p: Prediction, manner: Manner): Promise<WirePrediction> {
    return toWireUnfinished(await this.#complete(p, manner), manner.origin, this.#outlookOf(p.id))
  }

  /** Values of a stream, from the one at index `from` on; `files` are those of the whole stream. */
  streamed(p: Prediction, values: readonly unknown[], from: number, files: readonly ServedFile[], origin: string) {
    return this.#files.completeValues(p.id, values, from, files, { origin, inline: p.inlineFiles })
  }

  async #complete(p: Prediction, manner: Manner): Promise<Prediction> {
    if (p.inputParts.length === 0 && p.outputFiles.length === 0) return p
    const [input, output] = await Promise.all([inputAsSent(p, this.#folders), this.#files.complete(p, manner)])
    return { ...p, input, output }
  }
}
