import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../src/errors.ts'
import { isRecord } from '../../src/is-record.ts'
import { Random } from '../soak/random.ts'
import { Counts } from '../soak/tally.ts'
import { startWatchedServer } from '../watched-server/start.ts'
import { Client, Fault } from './client.ts'
import { conversationOf } from './conversations.ts'
import { type Figures, judgeGrowth, measure, measureAtRest } from './figures.ts'
import type { Findings } from './findings.ts'
import { requestOf } from './generate.ts'
import { faultsOfFolder } from './leftovers.ts'
import { Liveness } from './liveness.ts'
import type { Options } from './options.ts'
import { writePackages } from './packages.ts'
import { toBytes } from './request.ts'
import { settle } from './settle.ts'
import { startSite } from './site.ts'
import { makeWorld, TOKENS, type World } from './world.ts'

/** Every so many-th request is a conversation instead. */
const CONVERSATION_EVERY = 12
/** The part of the requests after which the server is as warm as it will be. */
const WARM = 0.25
const ERROR_LEVEL = 50

const SETTINGS = {
  BUNDLED_MODELS: 'off',
  LOG_LEVEL: 'warn',
  API_TOKENS: Object.entries(TOKENS)
    .map(([who, token]) => `${who}:${token}`)
    .join(),
  OPERATORS: 'alice',
  PUSH_CODE: 'on',
  MAX_QUEUE: '300',
  MEMORY: '1500MiB',
  PRIVATE_NETWORK: 'on',
  DOWNLOAD_TIMEOUT: '2s',
  WEBHOOK_RETRY: '2s',
  SHUTDOWN_GRACE: '2s',
  BODY_LIMIT: '1MiB',
}

export interface Report {
  seconds: number
  /** By status, or how else a request ended. */
  outcomes: Counts
  /** By name. */
  conversations: Counts
  /** By operation of the document. */
  successes: Counts
  /** Operations of which none succeeded. */
  missed: readonly string[]
  longestLivenessMs: number
  warm: Figures
  end: Figures
}

/** Sends a server whatever there is, and looks at what becomes of it; what is wrong is told to `findings`. */
export async function fuzz(options: Options, dir: string, findings: Findings): Promise<Report> {
  const { seed, requests, clients, only } = options
  const [dataDir, modelsDir] = [join(dir, 'data'), join(dir, 'models')]
  mkdirSync(dataDir)
  writePackages(modelsDir)
  const site = await startSite()
  const server = await startWatchedServer({ DATA_DIR: dataDir, MODELS_DIR: modelsDir, ...SETTINGS })
  let liveness: Liveness | undefined
  try {
    const begin = performance.now()
    const world = await makeWorld(server.address, site.address)
    liveness = new Liveness(server.address, findings)
    const barrage = new Barrage(world, seed, findings)
    const send = (from: number, to: number) =>
      barrage.send({ from, to, clients, ended: () => server.ended !== undefined })

    const warmAt = only === undefined ? Math.floor(requests * WARM) : only
    await send(only ?? 0, only === undefined ? warmAt : only + 1)
    await settle(server, findings)
    const warm = await measure(server)
    if (only === undefined) await send(warmAt, requests)
    await settle(server, findings)
    const end = await measureAtRest(server, warm)
    const seconds = (performance.now() - begin) / 1000

    judgeGrowth(warm, end, findings)
    await judgeCarol(world, server.address, findings)
    const { outcomes, conversations, successes } = barrage
    const names = world.operations.map(({ method, path }) => `${method} ${path}`)
    const missed = names.filter((name) => successes.get(name) === 0)
    await liveness.stop()
    return { seconds, outcomes, conversations, successes, missed, longestLivenessMs: liveness.longestMs, warm, end }
  } finally {
    await liveness?.stop()
    const alone = server.ended
    const ended = await server.stop()
    if (alone !== undefined || ended !== 'exited with 0') findings.add(`the server ${ended}`)
    for (const line of server.printed) judgeLine(line, findings)
    if (alone === undefined) for (const fault of faultsOfFolder(dataDir)) findings.add(fault)
    site.close()
  }
}

/** Sends what comes of the seed, and counts what comes of it. */
class Barrage {
  readonly outcomes = new Counts()
  readonly conversations = new Counts()
  readonly successes = new Counts()
  readonly #world: World
  readonly #seed: number
  readonly #findings: Findings

  constructor(world: World, seed: number, findings: Findings) {
    this.#world = world
    this.#seed = seed
    this.#findings = findings
  }

  /** @param ended whether there is nobody any more to send anything to */
  async send({ from, to, clients, ended }: { from: number; to: number; clients: number; ended: () => boolean }) {
    let next = from
    const work = async () => {
      const client = new Client(this.#world)
      while (next < to && !ended()) {
        const index = next++
        if (index % CONVERSATION_EVERY === 0) await this.#converse(client, index)
        else await this.#request(client, index)
      }
      client.close()
    }
    await Promise.all(Array.from({ length: clients }, work))
  }

  async #request(client: Client, index: number): Promise<void> {
    const request = requestOf(this.#world, this.#seed, index)
    const { before } = client
    await this.#try(request.name, index, { sent: toBytes(request), before }, async () => {
      const outcome = await client.send(request)
      this.outcomes.add(String(outcome))
      if (typeof outcome === 'number' && outcome < 300) this.successes.add(request.name)
    })
  }

  async #converse(client: Client, index: number): Promise<void> {
    const conversation = conversationOf(this.#world, new Random(Math.imul(this.#seed + index, 0x9e3779b1)))
    const { name, steps } = conversation
    const sent = Buffer.concat(steps.flatMap((step) => (typeof step === 'object' ? [step.send] : [])))
    this.conversations.add(name)
    await this.#try(name, index, { sent, before: undefined }, () => client.converse(conversation))
  }

  async #try(
    name: string,
    index: number,
    { sent, before }: { sent: Buffer; before: Buffer | undefined },
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof Fault) && !(error instanceof Error && 'code' in error)) throw error
      this.#findings.add(`${name}: ${messageOf(error)}`, index, sent, before)
    }
  }
}

/** Nothing that others did has changed what is carol's. */
async function judgeCarol({ carols }: World, address: string, findings: Findings): Promise<void> {
  for (const [path, before] of carols) {
    const response = await fetch(address + path, { headers: { authorization: `Bearer ${TOKENS.carol}` } })
    const after = JSON.stringify(await response.json())
    if (after !== before) findings.add(`${path} of carol has changed from ${before} to ${after}`)
  }
}

/** What it prints by itself is no good, and what it logs as an error is a failure of its own. */
function judgeLine(line: string, findings: Findings): void {
  let entry: unknown
  try {
    entry = JSON.parse(line)
  } catch {}
  if (!isRecord(entry)) findings.add(`the server printed: ${line}`)
  else if (Number(entry.level) >= ERROR_LEVEL) findings.add(`the server logged: ${line.slice(0, 3_000)}`)
}
