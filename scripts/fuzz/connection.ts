import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { doneWithin } from '../../src/timer.ts'
import { type Answer, parseAnswer } from './answer.ts'

/** A connection on which any bytes can be sent, also such as no HTTP client would. */
export class Connection {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #ended = false
  #arrival = Promise.withResolvers<void>()

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay()
    socket.on('data', (bytes) => {
      this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
      this.#arrive()
    })
    // A server that has answered may reset what still comes.
    socket.on('error', () => {})
    for (const event of ['end', 'close'])
      socket.on(event, () => {
        this.#ended = true
        this.#arrive()
      })
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    await once(socket, 'connect')
    return new Connection(socket)
  }

  /** Whether the server has ended it. */
  get ended(): boolean {
    return this.#ended
  }

  /** What has come and was not taken as an answer. */
  get pending(): Buffer {
    return this.#received
  }

  send(bytes: Uint8Array): void {
    if (!this.#socket.destroyed && this.#socket.writable) this.#socket.write(bytes)
  }

  /** Sends nothing more, and goes on listening. */
  finish(): void {
    this.#socket.end()
  }

  close(): void {
    this.#socket.destroy()
  }

  /**
   * The next answer; undefined when it has not come whole within the time, or the server has ended the connection.
   * @throws BrokenAnswer
   */
  async answer(bodiless: boolean, timeoutMs: number): Promise<Answer | undefined> {
    const until = performance.now() + timeoutMs
    for (;;) {
      const found = parseAnswer(this.#received, { bodiless, ended: this.#ended })
      if (found) {
        this.#received = this.#received.subarray(found.length)
        return found.answer
      }
      const leftMs = until - performance.now()
      if (this.#ended || leftMs <= 0) return
      await doneWithin(leftMs, this.#arrival.promise)
    }
  }

  /** Whether the server ends the connection within the time; what comes meanwhile is kept. */
  async end(timeoutMs: number): Promise<boolean> {
    const until = performance.now() + timeoutMs
    while (!this.#ended && performance.now() < until)
      await doneWithin(Math.max(1, until - performance.now()), this.#arrival.promise)
    return this.#ended
  }

  #arrive(): void {
    this.#arrival.resolve()
    this.#arrival = Promise.withResolvers()
  }
}
