import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { perceptron } from '../../scripts/onnx/perceptron.ts'
import { writeModel } from '../../scripts/onnx/write-model.ts'
import { hasExternalData } from '../../src/runner/external-data.ts'
import { testFolder } from '../support/temporary.ts'

const HELLO = fileURLToPath(new URL('../../models/replicate/hello-world/hello.onnx', import.meta.url))
const SMALL = perceptron({ sizes: [64, 64] })

test.each([
  { where: 'in the network', externalWeights: false },
  { where: 'in a file beside it', externalWeights: true },
])('weights $where are found there', async ({ externalWeights }) => {
  const path = join(testFolder(), 'model.onnx')
  writeModel(path, SMALL, { externalWeights })
  expect(await hasExternalData(path)).toBe(externalWeights)
})

test('a network without weights has none elsewhere', async () => {
  const path = join(testFolder(), 'model.onnx')
  copyFileSync(HELLO, path)
  expect(await hasExternalData(path)).toBe(false)
})
