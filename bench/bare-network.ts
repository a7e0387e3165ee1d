/**
 * What onnxruntime alone can do here: a network in a loop on all cores. Arguments: the file, its input, and the
 * dimensions of that, such as `1,3,224,224`. Prints rows per second.
 */
import { availableParallelism } from 'node:os'
import { InferenceSession, Tensor } from 'onnxruntime-node'

const DURATION_MS = 4_000
const WARM_RUNS = 5

const [file = '', input = '', dimensions = ''] = process.argv.slice(2)
const dims = dimensions.split(',').map(Number)
const session = await InferenceSession.create(file, {
  intraOpNumThreads: availableParallelism(),
  interOpNumThreads: 1,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
})
const data = new Float32Array(dims.reduce((product, size) => product * size)).fill(0.5)
const feeds = { [input]: new Tensor('float32', data, dims) }
for (let i = 0; i < WARM_RUNS; i++) await session.run(feeds)
let runs = 0
const begin = performance.now()
while (performance.now() - begin < DURATION_MS) {
  await session.run(feeds)
  runs++
}
process.stdout.write(`${((dims[0] ?? 1) * runs) / ((performance.now() - begin) / 1000)}\n`)
