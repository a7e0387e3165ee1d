/** Packages that come, change and go while the server runs. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { writeFiles } from '../support/packages.ts'
import { create, endOf, find, run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { makeFolder, removeFolder } from '../support/temporary.ts'
import { bodyOf } from '../support/wire.ts'

const says = (text: string, more = '') => `
import { defineModel, Type } from 'reprise/model'
export default defineModel({
  input: Type.Object({}), output: Type.String(),
  async predict(_input, ctx) { ${more}; return '${text}' },
})`

let server: TestServer
let modelsDir: string
beforeAll(async () => {
  modelsDir = makeFolder()
  writeFiles(modelsDir, { 'test/first/predict.ts': says('first'), 'test/goes/predict.ts': says('goes') })
  server = await startServer({ MODELS_DIR: modelsDir, BUNDLED_MODELS: 'off' })
})
afterAll(async () => {
  await server.close()
  removeFolder(modelsDir)
})

/** Six packages change at once, and each is looked at in its turn. */
const seen = (check: () => Promise<void>) => eventually(check, 50_000)
const statusOf = async (model: string) => (await server.call('GET', `/v1/models/${model}`)).status
const outputOf = async (model: string) => (await run(server, model, {})).output

async function latestOf(model: string): Promise<string> {
  const { latest_version: latest } = await bodyOf<{ latest_version: { id: string } }>(
    server.call('GET', `/v1/models/${model}`),
  )
  return latest.id
}

test.concurrent('a new package is served', async () => {
  writeFiles(modelsDir, { 'test/second/predict.ts': says('second') })
  await seen(async () => expect(await statusOf('test/second')).toBe(200))
  expect(await outputOf('test/second')).toBe('second')
})

test.concurrent('a new package that takes long to look at does not make the server unready', async () => {
  const gate = join(modelsDir, 'arrived')
  const waits = `import { existsSync } from 'node:fs'
    while (!existsSync('${gate}')) await new Promise((resolve) => setTimeout(resolve, 10))`
  writeFiles(modelsDir, { 'test/arrives/predict.ts': waits + says('here') })
  await seen(async () => expect(await statusOf('test/arrives')).toBe(503))
  expect((await server.call('GET', '/ready')).status).toBe(200)
  writeFileSync(gate, '')
  await seen(async () => expect(await statusOf('test/arrives')).toBe(200))
})

test.concurrent('a package that changes makes a new version; what runs keeps the one it began with', async () => {
  const gate = join(modelsDir, 'gate')
  const waits = `const { existsSync } = await import('node:fs')
    ctx.log('waits')
    while (!existsSync('${gate}')) await new Promise((resolve) => setTimeout(resolve, 10))`
  writeFiles(modelsDir, { 'test/changes/predict.ts': says('before', waits) })
  await seen(async () => expect(await statusOf('test/changes')).toBe(200))
  const former = await latestOf('test/changes')
  const running = await create(server, 'test/changes', {})
  await eventually(async () =>
    expect(await find(server, running.id)).toMatchObject({ logs: expect.stringContaining('waits') }),
  )

  writeFiles(modelsDir, { 'test/changes/predict.ts': says('after') })
  await seen(async () => expect(await latestOf('test/changes')).not.toBe(former))
  expect(await outputOf('test/changes')).toBe('after')
  writeFileSync(gate, '')
  expect(await endOf(server, running.id)).toMatchObject({ version: former, output: 'before' })
  const again = await server.client.run(`test/changes:${former}`, { input: {} })
  expect(again).toBe('before')
})

test.concurrent('what a package says of itself changes without a new version', async () => {
  const before = await latestOf('test/first')
  writeFiles(modelsDir, { 'test/first/model.yaml': 'description: Says first', 'test/first/README.md': '# First' })
  await seen(async () =>
    expect(await bodyOf(server.call('GET', '/v1/models/test/first'))).toMatchObject({ description: 'Says first' }),
  )
  expect(await latestOf('test/first')).toBe(before)
})

test.concurrent('a package that is being copied is left alone until it is whole', async () => {
  const dir = join(modelsDir, 'test/copied')
  mkdirSync(dir, { recursive: true })
  // Each piece makes another file of it, and one that would be broken.
  const code = says('copied')
  let written = 0
  const copying = setInterval(() => {
    written += 12
    writeFileSync(join(dir, 'predict.ts'), code.slice(0, written))
    if (written >= code.length) clearInterval(copying)
  }, 200)
  await seen(async () => expect(await statusOf('test/copied')).toBe(200))
  expect(written).toBeGreaterThanOrEqual(code.length)
  const { results } = await bodyOf<{ results: unknown[] }>(server.call('GET', '/v1/models/test/copied/versions'))
  expect(results).toHaveLength(1)
  expect(await outputOf('test/copied')).toBe('copied')
})

test.concurrent('a package that is broken goes on as it was, until it is mended', async () => {
  writeFiles(modelsDir, { 'test/breaks/predict.ts': says('good') })
  await seen(async () => expect(await statusOf('test/breaks')).toBe(200))
  const good = await latestOf('test/breaks')
  writeFiles(modelsDir, { 'test/breaks/predict.ts': 'export default {' })
  writeFiles(modelsDir, { 'test/beside/predict.ts': says('beside') })
  await seen(async () => expect(await statusOf('test/beside')).toBe(200))
  expect(await latestOf('test/breaks')).toBe(good)
  expect(await outputOf('test/breaks')).toBe('good')
  writeFiles(modelsDir, { 'test/breaks/predict.ts': says('mended') })
  await seen(async () => expect(await latestOf('test/breaks')).not.toBe(good))
  expect(await outputOf('test/breaks')).toBe('mended')
})

test.concurrent('a package that is removed is gone, and comes back as it was', async () => {
  const version = await latestOf('test/goes')
  renameSync(join(modelsDir, 'test/goes'), join(modelsDir, '.away'))
  await seen(async () => expect(await statusOf('test/goes')).toBe(404))
  const refused = await server.call('POST', '/v1/predictions', { body: { version, input: {} } })
  expect(refused.status).toBe(422)
  renameSync(join(modelsDir, '.away'), join(modelsDir, 'test/goes'))
  await seen(async () => expect(await statusOf('test/goes')).toBe(200))
  expect(await latestOf('test/goes')).toBe(version)
})
