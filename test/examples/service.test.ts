/** Examples are run once, for everybody who sees their model. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { writeFiles } from '../support/packages.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'
import { bodyOf } from '../support/wire.ts'

const PACKAGE = `
import { defineModel, Type } from 'reprise/model'
export default defineModel({
  input: Type.Object({ text: Type.String() }), output: Type.String(), predict: ({ text }) => 'hello ' + text,
})`

const models = makeFolder()
const marks = join(models, 'marks')
const FAILS = `
import { appendFileSync } from 'node:fs'
import { defineModel, Type } from 'reprise/model'
export default defineModel({
  input: Type.Object({}), output: Type.String(),
  predict() { appendFileSync(${JSON.stringify(marks)}, '.'); throw new Error('never') },
})`
let server: TestServer
beforeAll(async () => {
  writeFiles(models, {
    'acme/hello/predict.ts': PACKAGE,
    'acme/hello/examples/alice.json': '{"input": {"text": "Alice"}}',
    'acme/fails/predict.ts': FAILS,
    'acme/fails/examples/one.json': '{"input": {}}',
  })
  server = await startServer({ BUNDLED_MODELS: 'off', MODELS_DIR: models, API_TOKENS: 'alice:r8_alice' })
})
afterAll(async () => {
  await server.close()
  removeFolder(models)
})

const headers = { authorization: 'Bearer r8_alice' }

async function examples(model = 'acme/hello'): Promise<WirePrediction[]> {
  const page = server.call('GET', `/v1/models/${model}/examples`, { headers })
  return (await bodyOf<{ results: WirePrediction[] }>(page)).results
}

test('an example is seen, and neither canceled nor removed, by those who see its model', async () => {
  const [example] = await examples()
  const url = `/v1/predictions/${example?.id}`
  expect((await server.call('GET', url, { headers })).status).toBe(200)
  expect((await server.call('POST', `${url}/cancel`, { headers })).status).toBe(403)
  expect((await server.call('DELETE', url, { headers })).status).toBe(403)
  expect(await examples()).toMatchObject([{ id: example?.id, output: 'hello Alice' }])
})

test('an example that has failed is run again when somebody asks, but not for ever', async () => {
  const runs = () => readFileSync(marks, 'utf8').length
  for (let asked = 1; asked <= 5; asked++) {
    expect(await examples('acme/fails')).toEqual([])
    expect(runs()).toBe(Math.min(asked, 3))
  }
})
