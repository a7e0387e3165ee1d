import { join } from 'node:path'
import { perceptron } from '../scripts/onnx/perceptron.ts'
import { writeModel } from '../scripts/onnx/write-model.ts'
import { type Network, startNetwork } from './network.ts'
import { type Memory, memoryOfTree, removeFolder, temporaryFolder } from './processes.ts'
import { line, median, ms, title } from './report.ts'

const ROUNDS = 5
const PROCESSES = 2
const WIDTH = 1024

/** What replicas of one model share when its weights lie in a file of their own, and what that costs. */
export async function weights(): Promise<void> {
  title(`${PROCESSES} processes with the same 95 MiB of weights, one thread each: median of ${ROUNDS} rounds`)
  const dir = temporaryFolder()
  const inline = join(dir, 'inline.onnx')
  const external = join(dir, 'external.onnx')
  writeModel(inline, perceptron())
  writeModel(external, perceptron(), { externalWeights: true })
  const ways = [
    { name: 'in the model', file: inline, prepack: true },
    { name: 'in the model, not prepacked', file: inline, prepack: false },
    { name: 'beside the model', file: external, prepack: true },
    { name: 'beside the model, not prepacked', file: external, prepack: false },
  ].map((way) => ({ ...way, rounds: [] as Round[] }))
  try {
    for (let i = 0; i < ROUNDS; i++) for (const way of ways) way.rounds.push(await measure(way.file, way.prepack))
    line('each process', 'load', 'anonymous', 'proportional', 'step of 1', 'step of 32')
    for (const { name, rounds } of ways) {
      const middle = (what: (round: Round) => number) => median(rounds.map(what))
      line(
        name,
        ms(middle(({ loadMs }) => loadMs)),
        mib(middle(({ anonymousMib }) => anonymousMib)),
        mib(middle(({ pssMib }) => pssMib)),
        ms(middle(({ stepMs: [one = Number.NaN] }) => one)),
        ms(middle(({ stepMs: [, many = Number.NaN] }) => many)),
      )
    }
  } finally {
    removeFolder(dir)
  }
}

type Round = Memory & Pick<Network, 'loadMs' | 'stepMs'>

const mib = (value: number) => `${value.toFixed(0)} MiB`

/** Loads and runs in the last process while the others hold theirs and wait. */
async function measure(file: string, prepack: boolean): Promise<Round> {
  const networks: Network[] = []
  for (let i = 0; i < PROCESSES; i++)
    networks.push(
      await startNetwork({
        file,
        options: {
          intraOpNumThreads: 1,
          interOpNumThreads: 1,
          extra: { session: { disable_prepacking: prepack ? '0' : '1' } },
        },
        steps: { input: 'values', width: WIDTH, rows: [1, 32] },
      }),
    )
  const last = networks.at(-1)
  if (!last) throw new Error('There is no process to measure')
  const round = { ...memoryOfTree(last.pid), loadMs: last.loadMs, stepMs: last.stepMs }
  await Promise.all(networks.map((network) => network.stop()))
  return round
}
