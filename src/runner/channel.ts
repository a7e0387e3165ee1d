import type { Socket } from 'node:net'
import { messageOf } from '../errors.ts'
import { isBloated } from './message-bounds.ts'

/** The file descriptor at which a runner finds its end. */
export const CHANNEL_DESCRIPTOR = 3

const NEWLINE = 10
/** So many pieces of a message are joined where they are smaller than this, in bytes, on average. */
const MOST_PIECES = 4_096
const SMALLEST_PIECE = 1_024

export interface ChannelListener {
  onMessage(message: unknown, bytes: number): void
  /** What came cannot be read; nothing more will be. */
  onFault(fault: string): void
  /** Nothing more will come. */
  onEnd(): void
}

/**
 * Messages as lines of JSON between the server and one runner. Node's own channel ends the process that reads it at the
 * first line that is no JSON, and reads a line however long it grows; a model's code can write both.
 */
export class Channel {
  readonly #socket: Socket
  readonly #listener: ChannelListener
  readonly #longestLine: number
  #pieces: Buffer[] = []
  #pending = 0
  #over = false

  /** @param longestLine in bytes */
  constructor(socket: Socket, longestLine: number, listener: ChannelListener) {
    this.#socket = socket
    this.#longestLine = longestLine
    this.#listener = listener
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    // Its reason, the death of the other side, is told by what follows.
    socket.on('error', () => {})
    socket.on('close', () => this.#end())
    socket.on('end', () => this.#end())
  }

  get open(): boolean {
    return !this.#over
  }

  /** Resolves when the operating system has the message; one for nobody is dropped. */
  send(message: unknown): Promise<void> {
    return new Promise((resolve) => {
      if (this.#over || !this.#socket.writable) resolve()
      else this.#socket.write(`${JSON.stringify(message)}\n`, () => resolve())
    })
  }

  #read(chunk: Buffer): void {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1 && !this.#over; end = chunk.indexOf(NEWLINE, from)) {
      this.#pieces.push(chunk.subarray(from, end))
      this.#deliver(this.#pending + end - from)
      from = end + 1
    }
    if (from === chunk.length || this.#over) return
    this.#pieces.push(chunk.subarray(from))
    this.#pending += chunk.length - from
    // Of single bytes, each piece takes a hundred times what it holds.
    if (this.#pieces.length > MOST_PIECES && this.#pending < SMALLEST_PIECE * this.#pieces.length)
      this.#pieces = [Buffer.concat(this.#pieces)]
    if (this.#pending > this.#longestLine) this.#break(`a message of more than ${this.#longestLine} bytes`)
  }

  #deliver(bytes: number): void {
    const [first = Buffer.alloc(0), ...rest] = this.#pieces
    const line = rest.length === 0 ? first : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#pending = 0
    if (isBloated(line)) return this.#break('a message of too many objects')
    let message: unknown
    try {
      message = JSON.parse(line.toString('utf8'))
    } catch (error) {
      return this.#break(`something that is no JSON: ${messageOf(error)}`)
    }
    this.#listener.onMessage(message, bytes)
  }

  #break(fault: string): void {
    this.#pieces = []
    this.#over = true
    this.#socket.destroy()
    this.#listener.onFault(fault)
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    this.#listener.onEnd()
  }
}
