/**
 * Runners are killed from outside while they work, a hundred times, as by a kernel that is out of memory. Whatever was
 * accepted ends, nothing is left waiting, no process is left over, and the server holds no more than it did before.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { isTerminal } from '../../src/predictions/prediction.ts'
import { eventually } from '../support/eventually.ts'
import { expectNoStrangers } from '../support/family.ts'
import { residentMebibytes } from '../support/process-memory.ts'
import { Random } from '../support/random.ts'
import { create, find, listRunners, run } from '../support/requests.ts'
import type { ServerProcess } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess } from '../support/test-server.ts'

const KILLS = 100
const TIMEOUT_MS = 120_000
const LONGEST_PAUSE_MS = 50
/** Nobody waits for these, so that something is always queued. */
const SENT_AHEAD = 3
const CLIENTS = 2
const MOST_GROWTH_MEBIBYTES = 150
const KILLED = "The model's process was ended by SIGKILL while it ran this prediction"

const MODELS = {
  'replicate/hello-world': () => ({ text: 'Alice' }),
  'test/tokens': (random: Random) => ({ count: 20, pause_ms: random.below(5) }),
  'test/talks': (random: Random) => ({ words: 5, lines: 5, duration_ms: random.below(100) }),
  'test/adds-batch': (random: Random) => ({ value: random.below(100) }),
  'reprise/storyteller': (random: Random) => ({ max_tokens: 10 + random.below(20), seed: 1 }),
}

const modelsDir = someModels('tokens', 'talks', 'adds-batch')

/** Clients that go on asking, some for each model, until they are told to stop. */
class Load {
  readonly accepted: string[] = []
  readonly #server: ServerProcess
  readonly #random: Random
  #stopped = false
  #clients: Promise<void>[] = []

  constructor(server: ServerProcess, random: Random) {
    this.#server = server
    this.#random = random
  }

  start(): void {
    this.#clients = Object.entries(MODELS).flatMap(([model, makeInput]) =>
      Array.from({ length: CLIENTS }, () => this.#client(model, makeInput)),
    )
  }

  /** Resolves when the last answers have come. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#clients)
  }

  async #client(model: string, makeInput: (random: Random) => Record<string, unknown>): Promise<void> {
    while (!this.#stopped) {
      for (let ahead = 0; ahead < SENT_AHEAD; ahead++) {
        const { id } = await create(this.#server, model, makeInput(this.#random))
        this.accepted.push(id)
      }
      const { id } = await run(this.#server, model, makeInput(this.#random))
      this.accepted.push(id)
    }
  }
}

/**
 * Kills a runner that has something to do, and has done something: a version whose runners never get that far is broken
 * after a while.
 */
async function killOne(server: ServerProcess, random: Random, killed: Map<number, string>): Promise<void> {
  await eventually(async () => {
    const { results } = await listRunners(server)
    const busy = results.filter(({ state, runs, pid }) => state === 'busy' && runs > 0 && !killed.has(pid ?? 0))
    const { pid, model } = busy[random.below(busy.length)] ?? {}
    if (!pid || !model) throw new Error('No runner has anything to do')
    // Throws where it is gone already; then another is chosen.
    process.kill(pid, 'SIGKILL')
    killed.set(pid, model)
  })
}

test(
  `${KILLS} busy runners are killed, and nothing is lost, left waiting or left over`,
  async () => {
    const random = new Random('runners that are killed')
    const server = await testProcess(testFolder(), { MODELS_DIR: modelsDir })
    for (const [model, makeInput] of Object.entries(MODELS))
      expect(await run(server, model, makeInput(random))).toMatchObject({ status: 'succeeded' })
    const before = residentMebibytes(server.process.pid)

    const load = new Load(server, random)
    load.start()
    const killed = new Map<number, string>()
    while (killed.size < KILLS) {
      await killOne(server, random, killed)
      await sleep(random.below(LONGEST_PAUSE_MS))
    }
    await load.stop()
    await eventually(async () => {
      const { queued, results } = await listRunners(server)
      expect(queued).toBe(0)
      expect(results.filter(({ running }) => running > 0)).toEqual([])
    })

    const ended = await Promise.all(load.accepted.map((id) => find(server, id)))
    for (const { status, error } of ended) {
      expect(status).toSatisfy(isTerminal)
      if (status !== 'succeeded') expect(error).toBe(KILLED)
    }
    const failed = ended.filter(({ status }) => status === 'failed').length
    const after = residentMebibytes(server.process.pid)
    process.stdout.write(
      `${KILLS} runners of ${new Set(killed.values()).size} models killed: ${ended.length} predictions, ${failed} failed; ` +
        `the server held ${before} MiB, then ${after} MiB\n`,
    )
    expect(failed).toBeGreaterThan(0)
    expect(failed).toBeLessThan(ended.length)
    expect(after - before).toBeLessThan(MOST_GROWTH_MEBIBYTES)
    await eventually(() => expectNoStrangers(server))
    for (const [model, makeInput] of Object.entries(MODELS))
      expect(await run(server, model, makeInput(random))).toMatchObject({ status: 'succeeded' })
  },
  TIMEOUT_MS,
)
