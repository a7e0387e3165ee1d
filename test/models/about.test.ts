/** What may be told of a model is bounded, because all of it is kept in memory. */
import { expect, test } from 'vitest'
import { readAbout } from '../../src/models/about.ts'
import { readPackage } from '../../src/models/package.ts'
import { writeFiles } from '../support/packages.ts'
import { testFolder } from '../support/temporary.ts'
import { testServer } from '../support/test-server.ts'

test('examples may be large, but not all of them', async () => {
  const dir = testFolder()
  const example = JSON.stringify({ input: { text: 'x'.repeat(2 ** 20 - 100) } })
  const files = [1, 2, 3, 4].map((number) => [`examples/${number}.json`, example])
  writeFiles(dir, Object.fromEntries(files))
  expect((await readAbout(dir, {})).examples).toHaveLength(4)
  writeFiles(dir, { 'examples/5.json': example })
  await expect(readAbout(dir, {})).rejects.toThrow(/^The folder examples has \d+ bytes; at most 4194304 are served$/)
})

test('a model.yaml that would keep others waiting is not read', async () => {
  const dir = testFolder()
  writeFiles(dir, { 'predict.ts': '', 'model.yaml': `description: ${'x'.repeat(60_000)}` })
  await readPackage(dir, 'acme/wordy')
  writeFiles(dir, { 'model.yaml': `description: ${'x'.repeat(70_000)}` })
  await expect(readPackage(dir, 'acme/wordy')).rejects.toThrow(
    'model.yaml has 70013 bytes; at most 65536 are read; long lists of labels go into labels.txt',
  )
})

test('the same holds for what is told over the API', async () => {
  const server = await testServer({ BUNDLED_MODELS: 'off', MODELS_DIR: testFolder() })
  const tell = (method: string, path: string, body: object) => server.call(method, path, { body })
  const model = { owner: 'local', name: 'wordy', visibility: 'private', hardware: 'cpu' }
  expect((await tell('POST', '/v1/models', { ...model, description: 'x'.repeat(10_001) })).status).toBe(422)
  expect((await tell('POST', '/v1/models', { ...model, description: 'x'.repeat(10_000) })).status).toBe(201)
  const long = await tell('PATCH', '/v1/models/local/wordy', { readme: 'x'.repeat(2 ** 20 + 1) })
  expect(await long.json()).toMatchObject({ status: 422, detail: expect.stringContaining('readme') })
  for (const readme of ['x'.repeat(2 ** 20), null])
    expect((await tell('PATCH', '/v1/models/local/wordy', { readme })).status).toBe(200)
})
