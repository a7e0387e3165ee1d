import { join } from 'node:path'
import { batchedPerceptronPackage, perceptronPackage } from './packages.ts'
import { measureAlone, removeFolder, startReprise, temporaryFolder } from './processes.ts'
import { line, median, ms, rate, ratio, title } from './report.ts'
import { load } from './wrk.ts'

const CONNECTIONS = 64
const ROUNDS = 5
const SECONDS = 4

/** A perceptron of 25 million parameters with and without batches, beside the engine alone, measured in turns. */
export async function batching(): Promise<void> {
  title(`a perceptron at ${CONNECTIONS} connections: max_batch 32 beside none (aim: 6), and beside the bare loop (0.5)`)
  const dir = temporaryFolder()
  const modelsDir = join(dir, 'models')
  const single = perceptronPackage(modelsDir)
  const batched = batchedPerceptronPackage(modelsDir)
  const flags = ['--models-dir', modelsDir, '--bundled-models', 'off']
  // A server for each, so that the threads of one do not depend on the other.
  const servers = {
    [single]: await startReprise(join(dir, 'single'), flags),
    [batched]: await startReprise(join(dir, 'batched'), flags),
  }
  const request = {
    scratchDir: dir,
    headers: { 'Content-Type': 'application/json', Prefer: 'wait' },
    body: '{"input":{"seed":1}}',
  }
  const loadOf = (name: string, seconds = SECONDS) =>
    load(`${servers[name]?.address}/v1/models/${name}/predictions`, CONNECTIONS, seconds, request)
  try {
    for (const name of [single, batched]) await loadOf(name, 2)
    const rounds = []
    for (let i = 0; i < ROUNDS; i++)
      rounds.push({
        bare: measureAlone('./bare-network.ts', join(modelsDir, single, 'model.onnx'), 'values', '32,1024'),
        single: await loadOf(single),
        batched: await loadOf(batched),
      })
    line('', 'predictions', 'p50', 'p99')
    for (const way of ['single', 'batched'] as const)
      line(
        way,
        rate(median(rounds.map((round) => round[way].perSecond))),
        ms(median(rounds.map((round) => round[way].p50Ms))),
        ms(median(rounds.map((round) => round[way].p99Ms))),
      )
    line('bare loop of 32', rate(median(rounds.map(({ bare }) => bare))))
    line(
      'batched beside single',
      ratio(median(rounds.map((round) => round.batched.perSecond / round.single.perSecond))),
    )
    line(
      'batched beside the bare loop',
      ratio(median(rounds.map(({ batched: { perSecond }, bare }) => perSecond / bare))),
    )
  } finally {
    await Promise.all(Object.values(servers).map((server) => server.stop()))
    removeFolder(dir)
  }
}
