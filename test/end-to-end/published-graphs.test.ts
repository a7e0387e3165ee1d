/**
 * Graphs that others have published, of every tensor type and with awkward signatures, and files that are no good
 * graphs, all as packages without code. Each gives what was published or is refused with the reason; one would end the
 * process it runs in. All the while other models answer, and nobody learns where anything lies on this machine.
 */
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { eventually } from '../support/eventually.ts'
import {
  expectOutput,
  type GraphCase,
  graphCases,
  inputOf,
  installGraph,
  installGraphs,
  packageOf,
} from '../support/graphs.ts'
import { writeFiles } from '../support/packages.ts'
import { realModelsAreHere } from '../support/real-models.ts'
import { listRunners, post, run } from '../support/requests.ts'
import { type ServerProcess, spawnServer } from '../support/server.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'
import { bodyOf } from '../support/wire.ts'

/** Between two calls of another model, so that they do not take the processor from what is tested. */
const PAUSE_MS = 25
/** To look at each of some fifty packages, on a machine that has other things to do. */
const LOOKING_MS = 240_000
const KILLER = 'graph/killer'

interface LoggedRefusal {
  model: string
  reason: string
}

const why = realModelsAreHere ? '' : ' (skipped: the folder ../shared/models, where these graphs are, is not there)'
const cases = graphCases()
/** Whether its graph cannot be served at all, because no tensor would come of it or no tensor can go in. */
const isRefused = ({ fails_at: failsAt, name }: GraphCase) => failsAt !== undefined && !name.startsWith('all-outputs-')
const served = cases.filter((one) => one.feeds && !isRefused(one))

describe.skipIf(!realModelsAreHere)(`a published graph${why}`, () => {
  let server: ServerProcess
  let slowestMs = 0
  const [modelsDir, dataDir] = [makeFolder(), makeFolder()]
  beforeAll(async () => {
    installGraphs(modelsDir, cases)
    const killing = cases.find((one) => one.kills_process)
    if (!killing) throw new Error('No graph is known to end its process')
    installGraph(join(modelsDir, KILLER), killing)
    writeFiles(join(modelsDir, KILLER), {
      'predict.js': `
        import { defineModel, Tensor, Type } from 'reprise/model'
        export default defineModel({
          input: Type.Object({}),
          output: Type.String(),
          setup: (ctx) => ctx.session('model.onnx'),
          predict: async (input, { state }) => {
            const { output } = await state.run({ input: new Tensor('float32', new Float32Array(25), [5, 5]) })
            return String(output.data)
          },
        })`,
    })
    server = await spawnServer(dataDir, { MODELS_DIR: modelsDir, LOG_LEVEL: 'info' })
    // They are so many that it listens before it has looked at all of them.
    for (const name of [...served.map(packageOf), KILLER, 'replicate/hello-world'])
      await vi.waitFor(async () => expect((await server.call('GET', `/v1/models/${name}`)).status, name).toBe(200), {
        timeout: LOOKING_MS,
        interval: 100,
      })
    await callAnother()
    slowestMs = 0
  }, LOOKING_MS)
  afterAll(async () => {
    process.stdout.write(`While graphs ran and failed, another model answered within ${Math.ceil(slowestMs)} ms\n`)
    await server?.stop('SIGTERM')
    for (const dir of [modelsDir, dataDir]) removeFolder(dir)
  })

  async function callAnother(): Promise<void> {
    const begin = performance.now()
    const prediction = await run(server, 'replicate/hello-world', { text: 'Alice' })
    slowestMs = Math.max(slowestMs, performance.now() - begin)
    expect(prediction).toMatchObject({ status: 'succeeded', output: 'hello Alice' })
  }

  async function runAmongOthers(model: string, input: Record<string, unknown>): Promise<WirePrediction> {
    let ended = false
    const callOthers = async () => {
      for (; !ended; await setTimeout(PAUSE_MS)) await callAnother()
    }
    const running = run(server, model, input).finally(() => {
      ended = true
    })
    const [prediction] = await Promise.all([running, callOthers()])
    await callAnother()
    for (const dir of [dataDir, modelsDir]) expect(JSON.stringify(prediction)).not.toContain(dir)
    return prediction
  }

  /** Why the package of a case is not served. */
  async function reasonFor(one: GraphCase): Promise<string> {
    const name = packageOf(one)
    const refusal = await eventually(() => {
      const found = logged<LoggedRefusal>().find(({ model, reason }) => model === name && reason !== undefined)
      if (!found) throw new Error(`${name} is not refused yet`)
      return found
    })
    for (const dir of [dataDir, modelsDir]) expect(refusal.reason).not.toContain(dir)
    expect((await post(server, name, {})).status).toBe(404)
    return refusal.reason
  }

  function logged<Entry>(): Entry[] {
    const lines = server.printed().split('\n').slice(0, -1)
    return lines.map((line) => JSON.parse(line))
  }

  test.each(served.filter((one) => one.expect))('gives what was published: $set $name', async (one) => {
    const { output, ...prediction } = await runAmongOthers(packageOf(one), inputOf(one))
    expect(prediction).toMatchObject({ status: 'succeeded', error: null })
    expectOutput(one, output)
  })

  test.each(served.filter((one) => !one.expect))(
    'gives the outputs that the engine can return, and says which it leaves out: $set $name',
    async (one) => {
      const prediction = await runAmongOthers(packageOf(one), inputOf(one))
      expect(prediction).toMatchObject({ status: 'succeeded', output: { label: expect.any(Array) } })
      expect(prediction.output).not.toHaveProperty('probabilities')
      const leftOut =
        'Left out, because onnxruntime-node cannot return it: probabilities (a sequence, a map, or optional)'
      const model = await bodyOf<{
        latest_version: { openapi_schema: { components: { schemas: Record<string, object> } } }
      }>(server.call('GET', `/v1/models/${packageOf(one)}`))
      const { Output } = model.latest_version.openapi_schema.components.schemas
      expect(Output).toMatchObject({ type: 'object', description: leftOut, required: ['label'] })
      expect(server.printed()).toContain(`model.onnx: ${leftOut}`)
    },
  )

  test.each(cases.filter((one) => one.fails_at === 'load' && !one.platform_dependent))(
    'is not served, with the reason and the name of the file: $name',
    async (one) => {
      const reason = await reasonFor(one)
      expect(reason).toContain(`${one.message_contains}`)
      expect(reason).toMatch(/^model\.onnx cannot be loaded: ./)
    },
  )

  test.each(cases.filter((one) => one.platform_dependent))(
    'is served, or tells what it lacks here: $name',
    async (one) => {
      const { status } = await server.call('GET', `/v1/models/${packageOf(one)}`)
      if (status !== 200) expect(await reasonFor(one)).toContain(`${one.message_contains}`)
    },
  )

  test.each(cases.filter((one) => one.fails_at === 'feed'))(
    'that takes no tensors is not served: $name',
    async (one) => {
      expect(await reasonFor(one)).toMatch(
        /^model\.onnx cannot be served: onnxruntime-node has no way to give a graph its inputs \w+ \(a sequence/,
      )
    },
  )

  test.each(cases.filter((one) => one.fails_at === 'run' && isRefused(one)))(
    'whose outputs the engine cannot return is not served: $name',
    async (one) => {
      expect(await reasonFor(one)).toMatch(
        /^model\.onnx cannot be served: onnxruntime-node can return none of its outputs: (Y \(a sequence|output \(int4 tensor of shape \[5, 5\])/,
      )
    },
  )

  async function processesOfOthers(): Promise<(number | null)[]> {
    const { results } = await listRunners(server)
    return results.filter(({ model }) => model !== null && model !== KILLER).map(({ pid }) => pid)
  }

  test('that is run by code and whose answer ends the process does so to its own only, each time', async () => {
    await callAnother()
    const others = await processesOfOthers()
    for (let i = 0; i < 2; i++) {
      const error = expect.stringMatching(/^The model's process was ended by SIG[A-Z]+ while it ran this prediction$/)
      expect(await runAmongOthers(KILLER, {})).toMatchObject({ status: 'failed', error, output: null })
    }
    expect(await processesOfOthers()).toEqual(others)
  })
})
