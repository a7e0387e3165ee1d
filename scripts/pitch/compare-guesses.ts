// Prints by how many cents, and by how much of its confidence, a frame differs at most between pitch.onnx and torch.
// node compare-guesses.ts pitch.onnx expected.json

import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { InferenceSession } from 'onnxruntime-node'

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === 'reprise/model' ? import.meta.resolve('../../src/models/define-model.ts') : specifier, context),
})
const { guess } = await import('../../models/reprise/pitch/pitch-network.ts')

const [networkPath = '', expectedPath = ''] = process.argv.slice(2)
const expected: { frames: number[][]; pitch: number[]; confidence: number[] } = JSON.parse(
  readFileSync(expectedPath, 'utf8'),
)
const network = await InferenceSession.create(networkPath)
const guesses = await guess(
  network,
  expected.frames.map((frame) => Float32Array.from(frame)),
)

let [cents, difference] = [0, 0]
for (const [index, { pitch, confidence }] of guesses.entries()) {
  cents = Math.max(cents, 100 * Math.abs(pitch - (expected.pitch[index] ?? Number.NaN)))
  difference = Math.max(difference, Math.abs(confidence - (expected.confidence[index] ?? Number.NaN)))
}
process.stdout.write(`${cents} ${difference}\n`)
