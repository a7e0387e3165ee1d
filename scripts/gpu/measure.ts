import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ProviderChoice } from '../../src/runner/execution-provider.ts'
import { type Graph, inputOf } from './graphs.ts'
import type { MeasureAnswer, MeasureRequest } from './measurement.ts'

const CHILD = fileURLToPath(new URL('./measure-child.ts', import.meta.url))
/** The first run on a GPU compiles for it. */
const PATIENCE_MS = 180_000

/** What native code printed says more than its error. */
export type Outcome = MeasureAnswer & { printed: string }

/** Measures a graph on a device; a crash is an outcome like others. */
export async function measure(graph: Graph, choice: ProviderChoice): Promise<Outcome> {
  const { path, input, shape } = graph
  const child = fork(CHILD, {
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { CUDA_DEVICE_ORDER: 'PCI_BUS_ID', ...process.env, ORT_DISABLE_TELEMETRY: '1' },
    signal: AbortSignal.timeout(PATIENCE_MS),
    killSignal: 'SIGKILL',
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  const { promise, resolve } = Promise.withResolvers<MeasureAnswer>()
  let answer: MeasureAnswer | undefined
  child.on('message', (message: MeasureAnswer) => {
    answer = message
  })
  child.on('error', (error) => {
    const late = error.name === 'AbortError'
    answer ??= { type: 'failed', reason: late ? `took more than ${PATIENCE_MS / 1000} s` : error.message }
  })
  // A process that has answered may still crash while it ends, as drivers do; that is told too.
  child.on('close', (code, signal) => {
    if (signal && answer?.type !== 'failed') resolve({ type: 'failed', reason: `was ended by ${signal}` })
    else resolve(answer ?? { type: 'failed', reason: `exited with code ${code}` })
  })
  const request: MeasureRequest = { path, input, shape, data: inputOf(graph), choice }
  child.send(request, () => {})
  return { ...(await promise), printed }
}
