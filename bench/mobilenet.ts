import { join } from 'node:path'
import { mobileNetPackage } from './packages.ts'
import { measureAlone, removeFolder, startReprise, temporaryFolder } from './processes.ts'
import { line, median, ms, rate, ratio, title } from './report.ts'
import { load } from './wrk.ts'

const CONNECTIONS = 8
const ROUNDS = 5
const SECONDS = 4

/** A convolutional network through HTTP, beside the engine alone on all cores, measured in turns. */
export async function mobileNet(): Promise<void> {
  title(`a MobileNet at ${CONNECTIONS} connections beside a bare session.run loop on all cores (aim: 0.9)`)
  const dir = temporaryFolder()
  const modelsDir = join(dir, 'models')
  const name = mobileNetPackage(modelsDir)
  const server = await startReprise(dir, ['--models-dir', modelsDir, '--bundled-models', 'off'])
  const url = `${server.address}/v1/models/${name}/predictions`
  const request = {
    scratchDir: dir,
    headers: { 'Content-Type': 'application/json', Prefer: 'wait' },
    body: '{"input":{"seed":1}}',
  }
  try {
    await load(url, CONNECTIONS, 2, request)
    const rounds = []
    for (let i = 0; i < ROUNDS; i++) {
      const bare = measureAlone('./bare-network.ts', join(modelsDir, name, 'model.onnx'), 'pixels', '1,3,224,224')
      rounds.push({ bare, ...(await load(url, CONNECTIONS, SECONDS, request)) })
    }
    line('', 'predictions', 'bare runs', 'ratio', 'p50', 'p99')
    line(
      'median of the rounds',
      rate(median(rounds.map(({ perSecond }) => perSecond))),
      rate(median(rounds.map(({ bare }) => bare))),
      ratio(median(rounds.map(({ perSecond, bare }) => perSecond / bare))),
      ms(median(rounds.map(({ p50Ms }) => p50Ms))),
      ms(median(rounds.map(({ p99Ms }) => p99Ms))),
    )
  } finally {
    await server.stop()
    removeFolder(dir)
  }
}
