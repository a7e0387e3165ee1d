/**
 * A process that holds one network. Its argument is a `NetworkTask`; it prints a `NetworkReport` when it has done that,
 * and stays, so that its memory can be measured, until its input ends.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node'

export interface NetworkTask {
  file: string
  options: InferenceSession.SessionOptions
  /** What to run, and on how many rows at a time. */
  steps?: { input: string; width: number; rows: readonly number[] }
}

export interface NetworkReport {
  loadMs: number
  /** Medians, one for each number of rows. */
  stepMs: number[]
}

const WARM_STEPS = 3
const STEPS = 15

const { file, options, steps }: NetworkTask = JSON.parse(process.argv[2] ?? '')
const begin = performance.now()
const session = await InferenceSession.create(file, options)
const report: NetworkReport = { loadMs: performance.now() - begin, stepMs: [] }
for (const rows of steps?.rows ?? []) report.stepMs.push(await medianStep(rows))
process.stdout.write(`${JSON.stringify(report)}\n`)
// The session lives as long as it is referred to.
process.stdin.resume().on('end', () => void session.release())

async function medianStep(rows: number): Promise<number> {
  const { input = '', width = 0 } = steps ?? {}
  const feeds = { [input]: new Tensor('float32', new Float32Array(rows * width).fill(0.5), [rows, width]) }
  const times: number[] = []
  for (let i = 0; i < WARM_STEPS + STEPS; i++) {
    const start = performance.now()
    await session.run(feeds)
    if (i >= WARM_STEPS) times.push(performance.now() - start)
  }
  return times.sort((a, b) => a - b)[Math.floor(STEPS / 2)] ?? Number.NaN
}
