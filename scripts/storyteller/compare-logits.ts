// Prints the largest difference between the logits of decoder.onnx and those that torch expects for the same tokens.
// node compare-logits.ts decoder.onnx expected.json

import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { InferenceSession } from 'onnxruntime-node'

// The head of the text is read in one run, as a prompt is, and the rest token by token.
const HEAD_LENGTH = 50

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === 'reprise/model' ? import.meta.resolve('../../src/models/define-model.ts') : specifier, context),
})
const { DecodedText } = await import('../../models/reprise/storyteller/decoder.ts')

const [decoderPath = '', expectedPath = ''] = process.argv.slice(2)
const expected: { tokens: number[]; logits: number[][] } = JSON.parse(readFileSync(expectedPath, 'utf8'))
const decoded = new DecodedText(await InferenceSession.create(decoderPath))
let largest = 0

for (let start = 0, end = HEAD_LENGTH; end <= expected.tokens.length; start = end, end += 1) {
  const logits = await decoded.read(expected.tokens.slice(start, end))
  for (const [token, logit] of expected.logits[end - 1]?.entries() ?? []) {
    largest = Math.max(largest, Math.abs(logit - (logits[token] ?? Number.NaN)))
  }
}

process.stdout.write(`${largest}\n`)
