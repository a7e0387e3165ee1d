/**
 * A server whose models may use little memory together. One that has no limit of its own is ended at that of all; one
 * that can never fit is refused before it is loaded; both are told of both amounts, and the others go on.
 */
import { cpSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Bystander } from '../support/bystander.ts'
import { eventually } from '../support/eventually.ts'
import { expectNoStrangers } from '../support/family.ts'
import { GREEDY_MODELS } from '../support/greedy-models.ts'
import { writeFiles } from '../support/packages.ts'
import { listRunners, run } from '../support/requests.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess } from '../support/test-server.ts'

const MEBIBYTE = 2 ** 20

const HAS_WEIGHTS = `import { defineModel, Type } from 'reprise/model'
  export default defineModel({ input: Type.Object({}), output: Type.String(), predict: () => 'never said' })`

test('a model that outgrows what all may use together is ended, and told of both amounts', async () => {
  const modelsDir = testFolder()
  const code = 'greedy/allocates-in-javascript/predict.ts'
  cpSync(join(GREEDY_MODELS, code), join(modelsDir, 'some/grows/predict.ts'))
  const server = await testProcess(testFolder(), { MODELS_DIR: modelsDir, MEMORY: '400MiB' })
  const bystander = new Bystander(server)
  const failed = await bystander.during(run(server, 'some/grows', { mebibytes: 4096 }))
  expect(failed).toMatchObject({ status: 'failed', output: null })
  expect(failed.error).toMatch(
    /^The model's process held [\d.]+ [MG]iB of memory, more than the 400 MiB that all models may use together \(REPRISE_MEMORY\)$/,
  )
  await eventually(() => expectNoStrangers(server))
  process.stdout.write(`slowest hello-world where memory is short: ${Math.round(bystander.slowestMs)} ms\n`)
})

test('a model whose weights are more than all may use together is refused, and told of both amounts', async () => {
  const modelsDir = testFolder()
  writeFiles(join(modelsDir, 'some/large'), { 'predict.js': HAS_WEIGHTS, 'weights.bin': '' })
  truncateSync(join(modelsDir, 'some/large/weights.bin'), 160 * MEBIBYTE)
  const server = await testProcess(testFolder(), { MODELS_DIR: modelsDir, MEMORY: '150MiB' })
  const failed = await new Bystander(server).during(run(server, 'some/large', {}))
  const error =
    'some/large needs about 380 MiB of memory, going by the size of its files, and all models together may use ' +
    '150 MiB; raise REPRISE_MEMORY, or set run.memory in its model.yaml to what it takes'
  expect(failed).toMatchObject({ status: 'failed', error, output: null })
  const { memory_limit_bytes: limit, results } = await listRunners(server)
  expect(limit).toBe(150 * MEBIBYTE)
  expect(results.filter(({ model }) => model === 'some/large')).toEqual([
    expect.objectContaining({ state: 'broken', error, pid: null }),
  ])
})
