/** Examples of models: run when they are asked for, once for each version, and kept. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Problem } from '../../src/http/problem.ts'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { type CallAs, callAs, pushPackage } from '../support/accounts.ts'
import { eventually } from '../support/eventually.ts'
import { MovedClock } from '../support/moved-clock.ts'
import { writeFiles } from '../support/packages.ts'
import { FIXTURE_MODELS, startServer, type TestServer } from '../support/server.ts'
import { makeFolder, removeFolder, testFolder } from '../support/temporary.ts'
import { testProcess } from '../support/test-server.ts'
import { waitingRun } from '../support/waits.ts'
import { bodyOf } from '../support/wire.ts'

interface Page {
  next: string | null
  previous: string | null
  results: WirePrediction[]
}
interface Model {
  default_example: WirePrediction | null
}

const dataDir = makeFolder()
const modelsDir = makeFolder()
/** Holds a line for every run. */
const runs = join(dataDir, 'runs')
const clock = new MovedClock()
const settings = {
  BUNDLED_MODELS: 'off',
  MODELS_DIR: modelsDir,
  DATA_DIR: dataDir,
  API_TOKENS: 'alice:a,bob:b,olga:o',
  OPERATORS: 'olga',
  PUSH_CODE: 'on',
  RETENTION: '1h',
}

/** Gives what it is told as a text, and as a file. */
const shows = (word: string) => `
import { appendFileSync } from 'node:fs'
import { defineModel, Type } from 'reprise/model'
export default defineModel({
  input: Type.Object({ text: Type.String({ minLength: 2 }), fail: Type.Boolean({ default: false }) }),
  output: Type.Unknown(),
  predict({ text, fail }, ctx) {
    appendFileSync(${JSON.stringify(runs)}, '${word} ' + text + '\\n')
    if (fail) throw new Error('on purpose')
    return { said: '${word} ' + text, file: ctx.file(Buffer.from(text), { name: 'said.txt' }) }
  },
})`

const example = (input: object) => JSON.stringify({ input })
const examples = {
  'examples/1-short.json': example({ text: 'x' }),
  'examples/2-fails.json': example({ text: 'fails', fail: true }),
  'examples/3-hello.json': example({ text: 'hello' }),
  'examples/4-other.json': example({ text: 'other' }),
}

let server: TestServer
let alice: CallAs
let bob: CallAs
let olga: CallAs
beforeAll(async () => {
  writeFileSync(runs, '')
  const inFolder = (folder: string, files: object) =>
    Object.fromEntries(Object.entries(files).map(([path, content]) => [`${folder}/${path}`, String(content)]))
  writeFiles(modelsDir, {
    ...inFolder('shop/shown', { ...examples, 'predict.ts': shows('shown') }),
    ...inFolder('shop/plain', { 'predict.ts': shows('plain') }),
    ...inFolder('alice/hidden', {
      'examples/1.json': example({ text: 'hidden' }),
      'predict.ts': shows('hidden'),
      'model.yaml': 'visibility: private',
    }),
  })
  await restart()
})
afterAll(async () => {
  await server.close()
  for (const dir of [dataDir, modelsDir]) removeFolder(dir)
})

async function restart(): Promise<void> {
  await server?.close()
  server = await startServer(settings, { clock })
  ;[alice, bob, olga] = [callAs(server, 'a'), callAs(server, 'b'), callAs(server, 'o')]
}

const linesOf = (word: string) =>
  readFileSync(runs, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${word} `))
    .sort()

async function examplesOf(model: string, call = alice): Promise<WirePrediction[]> {
  const response = await call('GET', `/v1/models/${model}/examples`)
  expect(response.status, await response.clone().text()).toBe(200)
  const page = await bodyOf<Page>(response)
  expect(page).toMatchObject({ next: null, previous: null })
  return page.results
}

const idsOf = (predictions: readonly WirePrediction[]) => predictions.map(({ id }) => id)
const defaultOf = async (model: string, call = alice) =>
  (await bodyOf<Model>(call('GET', `/v1/models/${model}`))).default_example
const statusOf = async (id: string, call: CallAs) => (await call('GET', `/v1/predictions/${id}`)).status

/** What a prediction says, whichever port the server has by now. */
function withoutOrigin(prediction: WirePrediction | null | undefined): unknown {
  return JSON.parse(JSON.stringify(prediction).replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, ''))
}

const linesThatSucceed = () => linesOf('shown').filter((line) => line !== 'shown fails')

test('are not run before somebody asks for them', async () => {
  expect(await defaultOf('shop/shown')).toBeNull()
  expect(linesOf('shown')).toEqual([])
})

describe('those of a package', () => {
  let shown: WirePrediction[]
  beforeAll(async () => {
    const [first, ...others] = await Promise.all([alice, bob, olga, bob].map((call) => examplesOf('shop/shown', call)))
    shown = first ?? []
    for (const other of others) expect(other).toEqual(shown)
  })

  test('are run once, however many ask at once and again; what the model does not take, or fails, is left out', async () => {
    expect(shown.map(({ input }) => input)).toEqual([{ text: 'hello' }, { text: 'other' }])
    expect(shown[0]).toMatchObject({
      model: 'shop/shown',
      version: expect.stringMatching(/^[0-9a-f]{64}$/),
      status: 'succeeded',
      source: 'web',
      output: { said: 'shown hello', file: expect.stringMatching(/said\.txt$/) },
      error: null,
      data_removed: false,
      urls: { get: `${server.address}/v1/predictions/${shown[0]?.id}` },
    })
    expect(idsOf(await examplesOf('shop/shown', bob))).toEqual(idsOf(shown))
    expect(linesThatSucceed()).toEqual(['shown hello', 'shown other'])
  })

  test('the first of them is the default example, wherever the model is shown', async () => {
    expect(await defaultOf('shop/shown')).toEqual(shown[0])
    const { results } = await bodyOf<{ results: (Model & { name: string })[] }>(bob('GET', '/v1/models'))
    expect(results.find(({ name }) => name === 'shown')?.default_example).toEqual(shown[0])
    const found = await bodyOf<{ models: { model: Model }[] }>(bob('GET', '/v1/search?query=shown'))
    expect(found.models[0]?.model.default_example).toEqual(shown[0])
  })

  test('can be got like other predictions, and are in nobody’s list', async () => {
    for (const call of [alice, bob, olga]) {
      for (const { id } of shown) expect(await statusOf(id, call)).toBe(200)
      for (const query of ['', '?source=web'])
        expect((await bodyOf<Page>(call('GET', `/v1/predictions${query}`))).results).toEqual([])
    }
  })

  test('cannot be canceled or deleted by those who see them', async () => {
    for (const { id } of shown)
      for (const call of [alice, bob, olga])
        for (const [method, path] of [
          ['DELETE', `/v1/predictions/${id}`],
          ['POST', `/v1/predictions/${id}/cancel`],
        ] as const)
          expect(await bodyOf<Problem>(call(method, path))).toEqual({
            detail: 'This is an example of a model, which nobody can cancel or remove',
            status: 403,
          })
    expect(await examplesOf('shop/shown')).toEqual(shown)
  })

  test('stay after a restart, and when the time of other predictions is over', async () => {
    const own = await bodyOf(alice('POST', '/v1/models/shop/shown/predictions', { input: { text: 'mine' } }))
    await eventually(async () =>
      expect(await bodyOf(alice('GET', `/v1/predictions/${own.id}`))).toMatchObject({ status: 'succeeded' }),
    )
    clock.byMs = 2 * 3_600_000
    await restart()
    await eventually(async () =>
      expect(await bodyOf(alice('GET', `/v1/predictions/${own.id}`))).toMatchObject({ data_removed: true }),
    )
    const now = await examplesOf('shop/shown')
    expect(now.map(withoutOrigin)).toEqual(shown.map(withoutOrigin))
    expect(withoutOrigin(await defaultOf('shop/shown'))).toEqual(withoutOrigin(shown[0]))
    const file = /http[^"]*said\.txt/.exec(JSON.stringify(now[0]?.output))?.[0] ?? expect.fail('There is no file')
    expect(await (await fetch(file)).text()).toBe('hello')
    expect(linesThatSucceed()).toEqual(['shown hello', 'shown mine', 'shown other'])
    // It was asked for more often than that.
    expect(linesOf('shown').filter((line) => line === 'shown fails')).toHaveLength(3)
  })
})

test('those of a private model are for those who see it', async () => {
  const hidden = await examplesOf('alice/hidden')
  expect(hidden).toHaveLength(1)
  const [id = ''] = idsOf(hidden)
  for (const call of [alice, olga]) {
    expect(await statusOf(id, call)).toBe(200)
    expect((await defaultOf('alice/hidden', call))?.id).toBe(id)
  }
  expect(await statusOf(id, bob)).toBe(404)
  expect((await bob('GET', '/v1/models/alice/hidden/examples')).status).toBe(404)
  expect((await bob('DELETE', `/v1/predictions/${id}`)).status).toBe(404)
  expect((await bob('POST', `/v1/predictions/${id}/cancel`)).status).toBe(404)
})

test('a model that has none, or no version, has an empty page', async () => {
  expect(await examplesOf('shop/plain')).toEqual([])
  expect(await defaultOf('shop/plain')).toBeNull()
  await alice('POST', '/v1/models', { owner: 'alice', name: 'bare', visibility: 'public', hardware: 'cpu' })
  expect(await examplesOf('alice/bare')).toEqual([])
  expect((await alice('GET', '/v1/models/alice/none/examples')).status).toBe(404)
})

test('each version has its own', async () => {
  const files = (word: string) => ({ 'predict.ts': shows(word), 'examples/1.json': example({ text: 'pushed' }) })
  const push = (word: string) => pushPackage(server, 'alice/pushed', files(word), 'o')
  const versions = [await push('first')]
  const first = await examplesOf('alice/pushed')
  versions.push(await push('second'))
  expect(await defaultOf('alice/pushed')).toBeNull()
  const second = await examplesOf('alice/pushed')
  expect([...first, ...second].map(({ version }) => version)).toEqual(versions)
  expect(second).toMatchObject([{ output: { said: 'second pushed' } }])
  await push('first')
  expect(await examplesOf('alice/pushed')).toEqual(first)
  expect(await defaultOf('alice/pushed')).toEqual(first[0])
  expect([...linesOf('first'), ...linesOf('second')]).toEqual(['first pushed', 'second pushed'])

  // With its version goes what was run with it.
  expect((await alice('DELETE', `/v1/models/alice/pushed/versions/${versions[1]}`)).status).toBe(202)
  await eventually(async () => expect(await statusOf(second[0]?.id ?? '', alice)).toBe(404))
  expect(await statusOf(first[0]?.id ?? '', alice)).toBe(200)
})

test('one that a dying server interrupts is run by the next that is asked', async () => {
  const own = { BUNDLED_MODELS: 'off', MODELS_DIR: testFolder() }
  const ownDir = testFolder()
  const run = waitingRun('example')
  writeFiles(own.MODELS_DIR, {
    'shop/waits/predict.ts': readFileSync(join(FIXTURE_MODELS, 'test/waits/predict.ts'), 'utf8'),
    'shop/waits/examples/1.json': example(run.input),
  })
  const first = await testProcess(ownDir, own)
  first.call('GET', '/v1/models/shop/waits/examples').catch(() => {})
  await run.started()
  await first.stop('SIGKILL')
  run.go()
  const second = await testProcess(ownDir, own)
  const { results } = await bodyOf<Page>(second.call('GET', '/v1/models/shop/waits/examples'))
  expect(results).toMatchObject([{ status: 'succeeded', output: 'example went on' }])
  expect((await bodyOf<Page>(second.call('GET', '/v1/models/shop/waits/examples'))).results).toEqual(results)
})
