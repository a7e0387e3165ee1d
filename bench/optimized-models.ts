import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InferenceSession } from 'onnxruntime-node'
import { mobileNet } from '../scripts/onnx/mobile-net.ts'
import { perceptron } from '../scripts/onnx/perceptron.ts'
import { writeModel } from '../scripts/onnx/write-model.ts'
import { startNetwork } from './network.ts'
import { type Memory, memoryOfTree, removeFolder, temporaryFolder } from './processes.ts'
import { line, median, ms, ratio, title } from './report.ts'

const ROUNDS = 7
const STORYTELLER = fileURLToPath(new URL('../models/reprise/storyteller/decoder.onnx', import.meta.url))
const THREADS = { intraOpNumThreads: 1, interOpNumThreads: 1 }
/** It warns that what is saved fits this machine alone. */
const ERRORS_ONLY = 3

type Options = InferenceSession.SessionOptions
type Round = Memory & { loadMs: number }

interface Way {
  name: string
  file: string
  options: Options
  rounds: Round[]
}

/** What loading a model that onnxruntime has optimised and saved before saves. */
export async function optimizedModels(): Promise<void> {
  title(`loading a model that was optimised and saved before: median of ${ROUNDS} fresh processes`)
  const dir = temporaryFolder()
  const networks = [
    { name: 'mobilenet', file: join(dir, 'mobilenet.onnx') },
    { name: 'storyteller', file: STORYTELLER },
    { name: 'perceptron', file: join(dir, 'perceptron.onnx') },
  ]
  writeModel(join(dir, 'mobilenet.onnx'), mobileNet())
  writeModel(join(dir, 'perceptron.onnx'), perceptron())
  try {
    line('', 'file', 'load', 'of the original', 'anonymous')
    for (const { name, file } of networks) {
      const ways = await waysToLoad(file, join(dir, `${name}-optimised`))
      for (let i = 0; i < ROUNDS; i++) for (const way of ways) way.rounds.push(await load(way.file, way.options))
      for (const way of ways) printWay(name, way, ways[0]?.rounds ?? [])
    }
  } finally {
    removeFolder(dir)
  }
}

function printWay(network: string, { name, file, rounds }: Way, original: readonly Round[]): void {
  line(
    `${network}: ${name}`,
    `${(statSync(file).size / 2 ** 20).toFixed(1)} MiB`,
    ms(median(rounds.map(({ loadMs }) => loadMs))),
    ratio(median(rounds.map(({ loadMs }, index) => loadMs / (original[index]?.loadMs ?? Number.NaN)))),
    `${median(rounds.map(({ anonymousMib }) => anonymousMib)).toFixed(0)} MiB`,
  )
}

/** Saves a model in both formats. Returns each way to load it, the model itself first. */
async function waysToLoad(file: string, target: string): Promise<Way[]> {
  const saved = { onnx: `${target}.onnx`, ort: `${target}.ort` }
  for (const [format, optimizedModelFilePath] of Object.entries(saved))
    await load(file, {
      logSeverityLevel: ERRORS_ONLY,
      optimizedModelFilePath,
      extra: { session: { save_model_format: format.toUpperCase() } },
    })
  const asIt = { graphOptimizationLevel: 'disabled' } as const
  const mapped = { use_memory_mapped_ort_model: '1', use_ort_model_bytes_for_initializers: '1' }
  const ways = [
    { name: 'as it is', file, options: {} },
    { name: 'as it is, not optimised', file, options: asIt },
    { name: 'saved as .onnx', file: saved.onnx, options: asIt },
    { name: 'saved as .ort', file: saved.ort, options: asIt },
    { name: 'saved as .ort, mapped', file: saved.ort, options: { ...asIt, extra: { session: mapped } } },
  ]
  return ways.map((way) => ({ ...way, rounds: [] }))
}

async function load(file: string, options: Options): Promise<Round> {
  const network = await startNetwork({ file, options: { ...THREADS, ...options } })
  const round = { ...memoryOfTree(network.pid), loadMs: network.loadMs }
  await network.stop()
  return round
}
