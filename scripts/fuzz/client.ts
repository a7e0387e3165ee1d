import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, BrokenAnswer, parseHead } from './answer.ts'
import { Connection } from './connection.ts'
import type { Conversation } from './conversations.ts'
import { faultOf } from './judge.ts'
import { type FuzzRequest, toBytes } from './request.ts'
import type { World } from './world.ts'

/** Whatever is asked, it is answered within this time on a machine that has much else to do. */
const BOUND_MS = 30_000
/** A server that may wait for more of a request is given so long to answer what it has. */
const INCOMPLETE_MS = 100
/** So that what was sent before is read alone. */
const PAUSE_MS = 5

/** How a request was answered: with a status, or not at all, as it may be when the client does not wait or lies. */
export type Outcome = number | 'unanswered'

/** The server did what it must not do. */
export class Fault extends Error {
  override name = 'Fault'
}

type Asked = Pick<FuzzRequest, 'who' | 'target' | 'method'>

/** Sends requests one after the other, over one connection as long as that lasts. */
export class Client {
  readonly #world: World
  #connection: Connection | undefined
  /** What was sent before on the connection that is kept. */
  before: Buffer | undefined

  constructor(world: World) {
    this.#world = world
  }

  /** @throws Fault */
  async send(request: FuzzRequest): Promise<Outcome> {
    const { port } = this.#world
    const kept = this.#connection && !this.#connection.ended ? this.#connection : undefined
    this.#connection = undefined
    // The server may have ended it just now, as it has to after bytes that it could make nothing of.
    if (kept) return (await this.#sendOn(kept, request, true)) ?? this.send(request)
    return (await this.#sendOn(await Connection.open(port), request, false)) ?? 'unanswered'
  }

  /** @returns undefined when a connection that was kept turns out to be ended */
  async #sendOn(connection: Connection, request: FuzzRequest, kept: boolean): Promise<Outcome | undefined> {
    const { lies, leaveAfterMs } = request
    try {
      connection.send(toBytes(request))
      const first = await this.#next(connection, request, lies ? INCOMPLETE_MS : (leaveAfterMs ?? BOUND_MS))
      if (!first && kept && connection.ended && connection.pending.length === 0) return
      if (!first) return await this.#unanswered(connection, request)
      await this.#rest(connection, request)
      if (!lies && !first.closes && !connection.ended) this.#connection = connection
      this.before = this.#connection && toBytes(request)
      return first.status
    } finally {
      if (this.#connection !== connection) connection.close()
    }
  }

  /** @throws Fault */
  async converse({ steps, answers }: Conversation): Promise<void> {
    const connection = await Connection.open(this.#world.port)
    const asked: Asked = { who: 'alice', target: '', method: '' }
    try {
      for (const step of steps) {
        if (step === 'leave') return
        if (step === 'finish') connection.finish()
        else if (step === 'pause') await sleep(PAUSE_MS)
        else connection.send(step.send)
      }
      for (let i = 0; i < answers; i++)
        if (!(await this.#next(connection, asked, BOUND_MS))) throw new Fault(`Only ${i} of ${answers} answers came`)
      if (steps.includes('finish') && !(await connection.end(BOUND_MS)))
        throw new Fault(`The connection was not ended within ${BOUND_MS / 1000} s`)
      await this.#rest(connection, asked)
    } finally {
      connection.close()
    }
  }

  close(): void {
    this.#connection?.close()
  }

  async #unanswered(connection: Connection, request: FuzzRequest): Promise<Outcome> {
    const { lies, leaveAfterMs } = request
    const head = parseHead(connection.pending)
    if (head && head.status >= 500) throw new Fault(`The answer is a ${head.status}`)
    if (leaveAfterMs !== undefined && !lies) return 'unanswered'
    if (connection.ended && !lies) throw new Fault('The connection was ended without an answer')
    if (!lies) throw new Fault(`There was no answer in ${BOUND_MS / 1000} s`)
    connection.finish()
    if (!(await connection.end(BOUND_MS)))
      throw new Fault(`The connection of an incomplete request was not ended within ${BOUND_MS / 1000} s of its end`)
    await this.#rest(connection, request)
    return 'unanswered'
  }

  /** Judges what has come beside the first answer, where the server has seen more requests in what was sent. */
  async #rest(connection: Connection, asked: Asked): Promise<void> {
    while (connection.pending.length > 0) {
      if (await this.#next(connection, asked, INCOMPLETE_MS)) continue
      // A stream that another request began.
      const head = parseHead(connection.pending)
      if (head && head.status < 400) return
      throw new Fault(`More came than answers: ${JSON.stringify(connection.pending.toString('latin1', 0, 200))}`)
    }
  }

  async #next(connection: Connection, asked: Asked, timeoutMs: number): Promise<Answer | undefined> {
    try {
      const answer = await connection.answer(asked.method === 'HEAD', timeoutMs)
      const fault = answer && faultOf(answer, { ...asked, secrets: this.#world.secrets })
      if (fault) throw new Fault(`The answer ${fault}`)
      return answer
    } catch (error) {
      throw error instanceof BrokenAnswer ? new Fault(error.message, { cause: error }) : error
    }
  }
}
