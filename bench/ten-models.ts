import { uniformNumbers } from '../scripts/onnx/random.ts'
import { jsonOf } from './json.ts'
import { sizedPackages } from './packages.ts'
import { removeFolder, startReprise, temporaryFolder } from './processes.ts'
import { line, median, ms, title } from './report.ts'

const MODELS = 10
const WEIGHT_MIB = 100
/** A model of 100 MiB holds about 170, and 280 while it is loaded: two stay beside one that is being loaded. */
const MEMORY = '700MiB'
const CLIENTS = 2
const PREDICTIONS = 200
const SEED = 42
/** Above 1, the first models are asked for more often than the last. */
const SKEW = 2

/** Ten models that share memory for three of them, asked for at random, some more often than others. */
export async function tenModels(): Promise<void> {
  title(
    `${MODELS} models of ${WEIGHT_MIB} MiB with ${MEMORY} for all, ${CLIENTS} clients (seed ${SEED}; aim: no failure)`,
  )
  const dir = temporaryFolder()
  const modelsDir = `${dir}/models`
  const names = sizedPackages(modelsDir, MODELS, WEIGHT_MIB * 2 ** 20)
  const server = await startReprise(dir, ['--models-dir', modelsDir, '--bundled-models', 'off', '--memory', MEMORY])
  const random = uniformNumbers(SEED)
  const times: { hit: boolean; milliseconds: number }[] = []
  let failures = 0
  const client = async () => {
    while (times.length + failures < PREDICTIONS) {
      const name = names[Math.floor(random() ** SKEW * names.length)] ?? ''
      const loaded = await loadedModels(server.address)
      const begin = performance.now()
      const status = await predict(server.address, name)
      if (status !== 'succeeded') failures++
      else times.push({ hit: loaded.has(name), milliseconds: performance.now() - begin })
    }
  }
  try {
    await Promise.all(Array.from({ length: CLIENTS }, client))
    const [hits, misses] = [true, false].map((hit) =>
      times.filter((time) => time.hit === hit).map(({ milliseconds }) => milliseconds),
    )
    line('', 'predictions', 'median', 'longest')
    for (const [what, list = []] of [
      ['loaded when asked for', hits],
      ['to be loaded first', misses],
    ] as const)
      line(what, String(list.length), ms(median(list)), ms(Math.max(...list)))
    line('hit rate', `${Math.round((100 * (hits?.length ?? 0)) / times.length)} %`)
    line('failures', String(failures))
  } finally {
    await server.stop()
    removeFolder(dir)
  }
}

async function loadedModels(address: string): Promise<Set<string | null>> {
  const { results } = await jsonOf<{ results: { state: string; model: string | null }[] }>(
    fetch(`${address}/v1/runners`),
  )
  return new Set(results.filter(({ state }) => state !== 'ending' && state !== 'loading').map(({ model }) => model))
}

async function predict(address: string, name: string): Promise<string> {
  const { status } = await jsonOf<{ status: string }>(
    fetch(`${address}/v1/models/${name}/predictions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'wait' },
      body: '{"input":{"seed":1}}',
    }),
  )
  return status
}
