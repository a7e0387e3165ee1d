/**
 * Graphs that others have published, of every tensor type and with awkward signatures, and files that are no good
 * graphs. Each gives what was published or is refused with the reason; one ends the process it runs in. All the while
 * other models answer, and nobody learns where anything lies on this machine.
 */
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { eventually } from '../support/eventually.ts'
import {
  expectTensors,
  feedsOf,
  type GraphCase,
  graphCases,
  installGraphs,
  packageOf,
  type WireTensor,
} from '../support/graphs.ts'
import { realModelsAreHere } from '../support/real-models.ts'
import { listRunners, run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'

/** Between two calls of another model, so that they do not take the processor from what is tested. */
const PAUSE_MS = 10

/** A tensor for each input of the graphs that take something else. */
const TENSOR: WireTensor = { dtype: 'int64', shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }
const UNFIT: Record<string, Record<string, WireTensor>> = {
  dict_input: { X: TENSOR },
  sequence_io: { input_seq: TENSOR, tensor: TENSOR },
}

const why = realModelsAreHere ? '' : ' (skipped: the folder ../shared/models, where these graphs are, is not there)'
const cases = realModelsAreHere ? ['microsoft__broken-models', 'microsoft__typed-io'].flatMap(graphCases) : []

describe.skipIf(!realModelsAreHere)(`a published graph${why}`, () => {
  let server: TestServer
  let modelsDir: string
  let slowestMs = 0
  beforeAll(async () => {
    modelsDir = makeFolder()
    installGraphs(modelsDir, cases)
    server = await startServer({ MODELS_DIR: modelsDir })
    // They are so many that it may listen before it has looked at all of them.
    for (const name of [...cases.map(packageOf), 'replicate/hello-world'])
      await eventually(async () => expect((await server.call('GET', `/v1/models/${name}`)).status).toBe(200))
    await callAnother()
    slowestMs = 0
  })
  afterAll(async () => {
    process.stdout.write(`While graphs ran and failed, another model answered within ${Math.ceil(slowestMs)} ms\n`)
    await server.close()
    removeFolder(modelsDir)
  })

  async function callAnother(): Promise<void> {
    const begin = performance.now()
    const prediction = await run(server, 'replicate/hello-world', { text: 'Alice' })
    slowestMs = Math.max(slowestMs, performance.now() - begin)
    expect(prediction).toMatchObject({ status: 'succeeded', output: 'hello Alice' })
  }

  async function runAmongOthers(one: GraphCase, feeds = feedsOf(one)): Promise<WirePrediction> {
    let ended = false
    const callOthers = async () => {
      for (; !ended; await setTimeout(PAUSE_MS)) await callAnother()
    }
    const running = run(server, packageOf(one), { feeds }).finally(() => {
      ended = true
    })
    const [prediction] = await Promise.all([running, callOthers()])
    await callAnother()
    for (const dir of [server.dataDir, modelsDir]) expect(JSON.stringify(prediction)).not.toContain(dir)
    return prediction
  }

  test.each(cases.filter((one) => one.expect))('gives what was published: $name', async (one) => {
    const { output, ...prediction } = await runAmongOthers(one)
    expect(prediction).toMatchObject({ status: 'succeeded', error: null })
    expectTensors(one, output as Record<string, WireTensor>)
  })

  test.each(cases.filter((one) => one.fails_at === 'load' && !one.platform_dependent))(
    'is refused before it runs, with the reason: $name',
    async (one) => {
      const error = expect.stringContaining(`${one.message_contains}`)
      expect(await runAmongOthers(one)).toMatchObject({ status: 'failed', error, metrics: { predict_time: 0 } })
    },
  )

  test.each(cases.filter((one) => one.platform_dependent))('runs, or tells what it lacks here: $name', async (one) => {
    const { status, error } = await runAmongOthers(one)
    expect(status).toBe('failed')
    // It has no published feeds: where it can be loaded, it asks for them.
    expect([`${one.message_contains}`, "is missing in 'feeds'"].filter((part) => error?.includes(part))).toHaveLength(1)
  })

  test.each(cases.filter((one) => one.fails_at === 'run' && !one.kills_process))(
    'is refused when it runs, with the reason: $name',
    async (one) => {
      const error = expect.stringContaining(`${one.message_contains}`)
      expect(await runAmongOthers(one)).toMatchObject({ status: 'failed', error })
    },
  )

  test.each(cases.filter((one) => one.fails_at === 'feed'))('takes no tensors, and says so: $name', async (one) => {
    const missing = await runAmongOthers(one, {})
    expect(missing).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/^input '\w+' is missing in 'feeds'/),
    })
    const unfit = await runAmongOthers(one, UNFIT[one.name])
    expect(unfit).toMatchObject({ status: 'failed', error: expect.stringContaining('but received a tensor') })
  })

  async function processesOfOthers(graph: GraphCase): Promise<(number | null)[]> {
    const { results } = await listRunners(server)
    return results.filter(({ model }) => model !== null && model !== packageOf(graph)).map(({ pid }) => pid)
  }

  test('whose answer the engine cannot hand out ends its own process only, each time it runs', async () => {
    const killing = cases.find((one) => one.kills_process)
    if (!killing) throw new Error('No graph is known to end its process')
    const others = await processesOfOthers(killing)
    for (let i = 0; i < 2; i++) {
      const error = expect.stringMatching(/^The model's process was ended by SIG[A-Z]+ while it ran this prediction$/)
      expect(await runAmongOthers(killing)).toMatchObject({ status: 'failed', error, output: null })
    }
    expect(await processesOfOthers(killing)).toEqual(others)
  })
})
