/** What onnxruntime alone can do here: hello-world's session in a loop. Prints runs per second. */
import { fileURLToPath } from 'node:url'
import { InferenceSession, Tensor } from 'onnxruntime-node'

const DURATION_MS = 2_000
const session = await InferenceSession.create(
  fileURLToPath(new URL('../models/replicate/hello-world/hello.onnx', import.meta.url)),
)
let runs = 0
const begin = performance.now()
while (performance.now() - begin < DURATION_MS) {
  await session.run({ text: new Tensor('string', ['Alice'], [1]) })
  runs++
}
process.stdout.write(`${runs / ((performance.now() - begin) / 1000)}\n`)
