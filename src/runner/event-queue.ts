import { type FromRunner, LOGS_LIMIT, type OutputFile, type RunnerEvent } from './protocol.ts'

/** Longest time that output waits to be joined with what follows. */
const JOIN_MS = 20
/** Longest text of a log event or an error; the server should not have to read more at once. */
const TEXT_LIMIT = 2 ** 20
const LOGS_CUT = `\n[what is printed outside of predictions beyond ${LOGS_LIMIT} characters is not logged]\n`

/**
 * Collects events and sends them in groups. The first after a pause leaves at once; what follows within 20 ms is joined,
 * so that a model that yields a thousand tokens a second costs fifty messages.
 */
export class EventQueue {
  readonly #send: (events: FromRunner) => Promise<void>
  #events: RunnerEvent[] = []
  /** Characters that each run, or the model outside of any, has logged. */
  readonly #logged = new Map<string | null, number>()
  #timer: NodeJS.Timeout | undefined
  #sentAt = 0

  constructor(send: (events: FromRunner) => Promise<void>) {
    this.#send = send
  }

  /** Adds an event that leaves with the next group. */
  push(event: RunnerEvent): void {
    if (event.type === 'done' || event.type === 'error') this.#logged.delete(event.id)
    this.#events.push(cutMessage(event))
  }

  /** Adds text to the logs of a run, or of the server. What nobody keeps is dropped here, where it costs least. */
  pushLog(id: string | null, text: string): void {
    const before = this.#logged.get(id) ?? 0
    if (before > LOGS_LIMIT) return
    const kept = text.slice(0, TEXT_LIMIT)
    this.#logged.set(id, before + kept.length)
    const last = this.#events.at(-1)
    if (last?.type === 'log' && last.id === id && last.text.length + kept.length <= TEXT_LIMIT) last.text += kept
    else this.#events.push({ type: 'log', id, text: kept })
    // Of a run the server says so, where its logs end.
    if (id === null && before + kept.length > LOGS_LIMIT) this.#events.push({ type: 'log', id, text: LOGS_CUT })
    this.soon()
  }

  /** Adds one output value; values of one run that wait together travel in one event. */
  pushOutput(id: string, value: unknown, files: readonly OutputFile[] = []): void {
    const last = this.#events.at(-1)
    if (last?.type === 'output' && last.id === id) {
      for (const file of files) last.files.push({ ...file, path: [last.values.length, ...file.path] })
      last.values.push(value)
    } else {
      const placed = files.map((file) => ({ ...file, path: [0, ...file.path] }))
      this.#events.push({ type: 'output', id, values: [value], files: placed })
    }
    this.soon()
  }

  /** Sends at once if the last group left long enough ago, else when its time has passed. */
  soon(): void {
    if (this.#timer) return
    const wait = this.#sentAt + JOIN_MS - performance.now()
    if (wait <= 0) void this.flush()
    else this.#timer = setTimeout(() => void this.flush(), wait)
  }

  /** Resolves when everything pushed so far has been handed to the operating system. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#events.length === 0) return
    const events = this.#events
    this.#events = []
    this.#sentAt = performance.now()
    await this.#send(events)
  }
}

function cutMessage(event: RunnerEvent): RunnerEvent {
  return 'message' in event ? { ...event, message: event.message.slice(0, TEXT_LIMIT) } : event
}
