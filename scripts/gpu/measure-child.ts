/** Measures one graph on one device, in a process of its own: a driver can take its process with it. */
import { type InferenceSession, Tensor } from 'onnxruntime-common'
import { median } from '../../bench/report.ts'
import { messageOf } from '../../src/errors.ts'
import { createSessionOn } from '../../src/runner/engine.ts'
import { providerFault } from '../../src/runner/provider-fault.ts'
import type { MeasureAnswer, MeasureRequest } from './measurement.ts'

const WARM_UP_RUNS = 3
const RUNS = 30
/** Software drivers are slow. */
const LONGEST_MS = 5_000

process.once('message', (request: MeasureRequest) => {
  void answer(request).then((message) => process.send?.(message, () => process.disconnect()))
})

async function answer(request: MeasureRequest): Promise<MeasureAnswer> {
  const begin = performance.now()
  let session: InferenceSession
  try {
    session = await createSessionOn(request.choice, request.path, {})
  } catch (error) {
    return { type: 'unavailable', reason: providerFault(error) }
  }
  const loadMs = performance.now() - begin
  try {
    return { type: 'measured', loadMs, ...(await measure(session, request)) }
  } catch (error) {
    return { type: 'failed', reason: messageOf(error).split('\n')[0] ?? '' }
  }
}

async function measure(session: InferenceSession, { input, data, shape }: MeasureRequest) {
  const feeds = { [input]: new Tensor('float32', data, shape) }
  let results = await session.run(feeds)
  for (let run = 1; run < WARM_UP_RUNS; run++) await session.run(feeds)
  const times: number[] = []
  const start = performance.now()
  while (times.length < RUNS && performance.now() - start < LONGEST_MS) {
    const begin = performance.now()
    results = await session.run(feeds)
    times.push(performance.now() - begin)
  }
  return { runMs: median(times), outputs: Object.fromEntries(Object.entries(results).map(([k, v]) => [k, numbers(v)])) }
}

function numbers({ data }: Tensor): Float32Array {
  if (!(data instanceof Float32Array)) throw new Error('The graph gives out something other than 32-bit numbers')
  return data
}
