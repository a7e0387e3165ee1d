import pLimit, { type LimitFunction } from 'p-limit'
import { isDiskTrouble } from '../disk-trouble.ts'
import { messageOf } from '../errors.ts'
import { contentTypeOf } from '../files/content-type.ts'
import type { Downloader } from '../outbound/downloader.ts'
import { Tally } from '../tally.ts'
import type { PredictionFolders } from './folders.ts'
import { isRemote, type RemotePart, type StoredPart } from './input-part.ts'
import type { LivePrediction } from './live-prediction.ts'
import { lineOf } from './prediction.ts'

/** Downloads at the same time: in all, and of one account, so that slow sites of one hold up no other. */
const MOST = 16
const MOST_PER_ACCOUNT = 4
/** Predictions of one line whose inputs are fetched before it is their turn to run; they wait on the disk. */
const AHEAD = 32
const SHOWN_URL = 200

export interface DownloadsOptions {
  folders: PredictionFolders
  downloader: Downloader
  /** Whether the disk may take more. */
  hasRoom(): boolean
  /** Called when what a prediction takes of the disk has changed. */
  onFetched(live: LivePrediction): void
  /** Called when all is there and the prediction may run. */
  onReady(live: LivePrediction): void
}

/** Those that wait for each other and name inputs by URL. */
interface Line {
  /** In the order in which they came. */
  waiting: Set<LivePrediction>
  /** Whose inputs are being fetched, or are there and wait with them for the end of the run. */
  fetched: Map<LivePrediction, AbortController>
}

/** Fetches the inputs that predictions name by URL, before they are queued. */
export class InputDownloads {
  readonly #options: DownloadsOptions
  readonly #parallel = pLimit(MOST)
  readonly #perAccount = new Map<string, LimitFunction>()
  /** By what `lineOf` says. */
  readonly #lines = new Map<string, Line>()
  #unfetched = 0
  readonly #unfetchedOf = new Tally()
  #open = false

  constructor(options: DownloadsOptions) {
    this.#options = options
  }

  /** Predictions whose inputs are not all there yet. */
  get waiting(): number {
    return this.#unfetched
  }

  /** Those of one account. */
  waitingOf(account: string): number {
    return this.#unfetchedOf.of(account)
  }

  /** Begins to fetch. */
  open(): void {
    this.#open = true
    this.#fetchMore()
  }

  /** Fetches what is missing, when its turn comes; a download that fails ends the prediction. */
  add(live: LivePrediction): void {
    const name = lineOf(live.committed)
    const line = this.#lines.get(name) ?? { waiting: new Set(), fetched: new Map() }
    this.#lines.set(name, line)
    line.waiting.add(live)
    this.#count(live, 1)
    this.#fetchMore()
  }

  /** Stops to fetch for a prediction that nobody waits for. */
  abandon(live: LivePrediction): void {
    const line = this.#lines.get(lineOf(live.committed))
    if (line?.waiting.delete(live)) this.#count(live, -1)
    line?.fetched.get(live)?.abort()
  }

  /** Lets another prediction take the place of one that has ended. */
  forget(live: LivePrediction): void {
    this.abandon(live)
    const name = lineOf(live.committed)
    const line = this.#lines.get(name)
    if (!line?.fetched.delete(live) && line?.waiting.size !== 0) return
    if (line.waiting.size + line.fetched.size === 0) this.#lines.delete(name)
    this.#fetchMore()
  }

  /** Stops all downloads; their predictions stay as they are. */
  close(): void {
    this.#open = false
    for (const { fetched } of this.#lines.values()) for (const controller of fetched.values()) controller.abort()
  }

  #fetchMore(): void {
    if (!this.#open) return
    for (const { waiting, fetched } of this.#lines.values())
      for (const live of waiting) {
        if (fetched.size >= AHEAD || !this.#options.hasRoom()) break
        waiting.delete(live)
        const controller = new AbortController()
        fetched.set(live, controller)
        void this.#fetchAll(live, controller)
      }
  }

  async #fetchAll(live: LivePrediction, controller: AbortController): Promise<void> {
    const { account, inputParts } = live.committed
    const limit = this.#limitOf(account)
    live.onFetching(true)
    const fetches = inputParts
      .filter(isRemote)
      .map((part) => limit(() => this.#parallel(() => this.#fetch(live.id, part, controller.signal))))
    try {
      live.addInputFiles(await Promise.all(fetches))
      live.onFetching(false)
      this.#options.onFetched(live)
    } catch (error) {
      const stopped = controller.signal.aborted
      controller.abort()
      // Its folder is removed at its end, and nothing may still write there.
      await Promise.allSettled(fetches)
      if (!stopped) live.onFailed(messageOf(error))
    } finally {
      this.#count(live, -1)
    }
    if (live.wanted && !controller.signal.aborted) this.#options.onReady(live)
  }

  #count({ account }: LivePrediction, more: number): void {
    this.#unfetched += more
    this.#unfetchedOf.add(account, more)
  }

  #limitOf(account: string): LimitFunction {
    const limit = this.#perAccount.get(account) ?? pLimit(MOST_PER_ACCOUNT)
    this.#perAccount.set(account, limit)
    return limit
  }

  async #fetch(id: string, { path, file, url }: RemotePart, signal: AbortSignal): Promise<StoredPart> {
    signal.throwIfAborted()
    const target = this.#options.folders.pathOf(id, file)
    const { origin, pathname } = new URL(url)
    try {
      const { size, name, contentType: given } = await this.#options.downloader.download(new URL(url), target, signal)
      const contentType = await contentTypeOf(target, { name, given })
      return { path, file, size, as: { type: 'file', name, contentType } }
    } catch (error) {
      const place = ['input', ...path].join('.')
      const reason = isDiskTrouble(error) ? 'the disk takes no more at the moment' : messageOf(error)
      // Without its query, which may hold a signature, and outlives the data of the prediction.
      const shown = (origin + pathname).slice(0, SHOWN_URL)
      throw new Error(`${place}: ${shown} could not be downloaded: ${reason}`, { cause: error })
    }
  }
}
