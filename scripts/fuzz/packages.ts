import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { perceptron } from '../onnx/perceptron.ts'
import { writeModel } from '../onnx/write-model.ts'

const FIXTURES = fileURLToPath(new URL('../../test/fixtures/models/test/', import.meta.url))

/** Such as can be given any input: none writes to a place that its input names. */
const MODELS = [
  'every-type',
  'tokens',
  'talks',
  'describes-files',
  'makes-files',
  'streams-files',
  'keeps-secrets',
  'adds-batch',
]
/** However long an input asks a model to go on. */
const RUN = 'run: { predict_timeout: 2s, train_timeout: 4s, memory: 500MiB }\n'

const PREDICT = `
import { defineModel, Type } from 'reprise/model'
export default defineModel({
  input: Type.Object({ word: Type.String() }),
  output: Type.String(),
  predict: ({ word }) => 'learnt ' + word,
})`

const TRAIN = `
import { readFile } from 'node:fs/promises'
import { defineTraining, fileInput, Type } from 'reprise/model'
export default defineTraining({
  input: Type.Object({ text: fileInput(), rounds: Type.Integer({ minimum: 1, maximum: 9, default: 1 }) }),
  async train({ text, rounds }, ctx) {
    ctx.log('rounds: ' + rounds)
    return { 'predict.ts': await readFile(ctx.path('predict.ts')), 'data.bin': await text.bytes() }
  },
})`

/** What is served while it is fuzzed: models of each kind, with all that can be told of one. */
export function writePackages(dir: string): void {
  for (const name of MODELS) {
    cpSync(join(FIXTURES, name), join(dir, 'test', name), { recursive: true })
    writeFileSync(join(dir, 'test', name, 'model.yaml'), RUN)
  }
  const trainer = join(dir, 'test/learns')
  mkdirSync(join(trainer, 'examples'), { recursive: true })
  writeFileSync(join(trainer, 'model.yaml'), `description: Learns\n${RUN}`)
  writeFileSync(join(trainer, 'predict.ts'), PREDICT)
  writeFileSync(join(trainer, 'train.ts'), TRAIN)
  writeFileSync(join(trainer, 'README.md'), '# Learns\n')
  writeFileSync(join(trainer, 'examples/1.json'), '{"input":{"word":"one"}}')
  writeModel(join(dir, 'test/graph/model.onnx'), perceptron({ sizes: [3, 2] }))
  writeFileSync(join(dir, 'test/graph/model.yaml'), RUN)
  writeFileSync(
    join(dir, 'collections.yaml'),
    '- { slug: some, name: Some, description: Some of them, models: [test/learns, test/graph] }\n',
  )
}
