import pLimit, { type LimitFunction } from 'p-limit'
import { messageOf } from '../errors.ts'
import { contentTypeOf } from '../files/content-type.ts'
import type { Downloader } from '../outbound/downloader.ts'
import type { PredictionFolders } from './folders.ts'
import { isRemote, type RemotePart, type StoredPart } from './input-part.ts'
import type { LivePrediction } from './live-prediction.ts'

/** Downloads at the same time, of all predictions. */
const PARALLEL = 16
/** Predictions of one version whose inputs are downloaded before it is their turn; they wait on the disk. */
const AHEAD = 32
const SHOWN_URL = 200

export interface DownloadsOptions {
  folders: PredictionFolders
  downloader: Downloader
  /** Called when all is there and the prediction may run. */
  onReady(live: LivePrediction): void
}

/** Fetches the inputs that predictions name by URL, before they are queued. */
export class InputDownloads {
  readonly #options: DownloadsOptions
  readonly #parallel = pLimit(PARALLEL)
  /** By content hash. */
  readonly #ahead = new Map<string, LimitFunction>()
  readonly #active = new Map<string, { controller: AbortController; ended: PromiseWithResolvers<void> }>()
  #waiting = 0
  #closed = false

  constructor(options: DownloadsOptions) {
    this.#options = options
  }

  /** Predictions whose inputs are not all there yet. */
  get waiting(): number {
    return this.#waiting
  }

  /** Fetches what is missing, when its turn comes; a download that fails ends the prediction. */
  start(live: LivePrediction): void {
    const { contentHash } = live.view
    const limit = this.#ahead.get(contentHash) ?? pLimit(AHEAD)
    this.#ahead.set(contentHash, limit)
    this.#waiting++
    void limit(() => this.#fetchAndRun(live))
  }

  /** Stops the downloads of a prediction that nobody waits for. */
  abandon(id: string): void {
    this.#active.get(id)?.controller.abort()
  }

  /** Lets another prediction take the place of one that has ended. */
  forget(id: string): void {
    this.abandon(id)
    this.#active.get(id)?.ended.resolve()
  }

  /** Stops all downloads; their predictions stay as they are. */
  close(): void {
    this.#closed = true
    for (const { controller } of this.#active.values()) controller.abort()
  }

  async #fetchAndRun(live: LivePrediction): Promise<void> {
    if (!live.wanted || this.#closed) return void this.#waiting--
    const active = { controller: new AbortController(), ended: Promise.withResolvers<void>() }
    this.#active.set(live.id, active)
    try {
      const remote = live.view.inputParts.filter(isRemote)
      const { signal } = active.controller
      const fetched = Promise.all(remote.map((part) => this.#parallel(() => this.#fetch(live.id, part, signal))))
      live.addInputFiles(await fetched.finally(() => this.#waiting--))
      if (live.wanted) this.#options.onReady(live)
      if (!live.ended) await active.ended.promise
    } catch (error) {
      active.controller.abort()
      if (live.wanted && !this.#closed) live.onFailed(messageOf(error))
    } finally {
      this.#active.delete(live.id)
    }
  }

  async #fetch(id: string, { path, file, url }: RemotePart, signal: AbortSignal): Promise<StoredPart> {
    signal.throwIfAborted()
    const target = this.#options.folders.pathOf(id, file)
    try {
      const { size, name, contentType: given } = await this.#options.downloader.download(new URL(url), target, signal)
      const contentType = await contentTypeOf(target, { name, given })
      return { path, file, size, as: { type: 'file', name, contentType } }
    } catch (error) {
      const place = ['input', ...path].join('.')
      throw new Error(`${place}: ${url.slice(0, SHOWN_URL)} could not be downloaded: ${messageOf(error)}`, {
        cause: error,
      })
    }
  }
}
