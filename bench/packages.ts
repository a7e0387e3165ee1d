/** Model packages for benches; their code lies in bench/models, and their networks are made when they are written. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { mobileNet } from '../scripts/onnx/mobile-net.ts'
import { type ModelDescription, node } from '../scripts/onnx/model.ts'
import { perceptron } from '../scripts/onnx/perceptron.ts'
import { float32, value } from '../scripts/onnx/tensor.ts'
import { writeModel } from '../scripts/onnx/write-model.ts'

const CODE = fileURLToPath(new URL('./models', import.meta.url))
const ENDLESS_LOOP = fileURLToPath(
  new URL('../test/fixtures/hostile-models/hostile/loops-forever/loop.onnx', import.meta.url),
)
const OWNER = 'bench'
const WIDTH = 1024

export interface PackageOptions {
  /** What stands under `run:` in model.yaml. */
  run?: Record<string, unknown>
  /** Keep the weights in a file beside the model, where processes can share them. */
  externalWeights?: boolean
}

/** Writes a convolutional network of 3.5 million parameters. Returns its name. */
export function mobileNetPackage(dir: string, options: PackageOptions = {}): string {
  return writePackage(dir, 'mobilenet', 'mobilenet.ts', mobileNet(), options)
}

/** Writes a perceptron of 25 million parameters that runs one input at a time. Returns its name. */
export function perceptronPackage(dir: string, options: PackageOptions = {}): string {
  return writePackage(dir, 'perceptron', 'perceptron.ts', perceptron(), options)
}

/** Writes the same perceptron, which here runs up to 32 inputs at a time. Returns its name. */
export function batchedPerceptronPackage(dir: string, { run, ...options }: PackageOptions = {}): string {
  const settings = { ...options, run: { max_batch: 32, ...run } }
  return writePackage(dir, 'perceptron-batched', 'perceptron-batched.ts', perceptron(), settings)
}

/** Writes models whose weights take about so many bytes each. Returns their names. */
export function sizedPackages(dir: string, count: number, weightBytes: number, options: PackageOptions = {}): string[] {
  return Array.from({ length: count }, (_, index) =>
    writePackage(dir, `sized-${index}`, 'perceptron.ts', oneMatrix(weightBytes, index + 1), options),
  )
}

/** Writes a model that looks for its cancellation between small steps. Returns its name. */
export function cooperativePackage(dir: string): string {
  return writeCode(dir, 'cooperative', 'cooperative.ts').name
}

/** Writes a model that streams when a file is there. Returns its name. */
export function tellingPackage(dir: string, name: string): string {
  return writeCode(dir, name, 'tells-when-told.ts').name
}

/** Writes a model that never comes back from the engine. Returns its name. */
export function endlessPackage(dir: string): string {
  const { name, folder } = writeCode(dir, 'endless', 'endless.ts')
  copyFileSync(ENDLESS_LOOP, join(folder, 'model.onnx'))
  return name
}

/** @param weight what each is, so that no two models are the same */
function oneMatrix(weightBytes: number, weight: number): ModelDescription {
  const columns = Math.max(1, Math.round(weightBytes / Float32Array.BYTES_PER_ELEMENT / WIDTH))
  return {
    nodes: [node('MatMul', ['values', 'weights'], ['scores'])],
    inputs: [value('values', 'float32', ['batch', WIDTH])],
    outputs: [value('scores', 'float32', ['batch', columns])],
    initializers: [float32('weights', [WIDTH, columns], new Float32Array(WIDTH * columns).fill(weight))],
  }
}

function writePackage(
  dir: string,
  name: string,
  code: string,
  network: ModelDescription,
  { run, externalWeights = false }: PackageOptions,
): string {
  const { folder, name: fullName } = writeCode(dir, name, code)
  copyFileSync(join(CODE, 'numbers.ts'), join(folder, 'numbers.ts'))
  if (run) writeFileSync(join(folder, 'model.yaml'), stringify({ run }))
  writeModel(join(folder, 'model.onnx'), network, { externalWeights })
  return fullName
}

function writeCode(dir: string, name: string, code: string): { name: string; folder: string } {
  const folder = join(dir, OWNER, name)
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(CODE, code), join(folder, 'predict.ts'))
  return { name: `${OWNER}/${name}`, folder }
}
