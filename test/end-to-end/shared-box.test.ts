/**
 * Many models on one machine: they are loaded when somebody asks for them, make room for each other, end when nobody has
 * asked for a while, and grow where one replica does not keep up. Who waits for one to load is told so.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { writeFiles } from '../support/packages.ts'
import { create, endOf, find, listRunners, run } from '../support/requests.ts'
import { testFolder } from '../support/temporary.ts'
import { testServer } from '../support/test-server.ts'

/** Answers with its own name. Its setup waits for a file, if it is told of one. */
const packageNamed = (name: string, waitFor?: string) => `
  import { existsSync } from 'node:fs'
  import { setTimeout as sleep } from 'node:timers/promises'
  import { defineModel, Type } from 'reprise/model'
  export default defineModel({
    input: Type.Object({ milliseconds: Type.Integer({ default: 0 }) }),
    output: Type.String(),
    async setup() {
      while (${waitFor ? `!existsSync(${JSON.stringify(waitFor)})` : 'false'}) await sleep(10)
    },
    async predict({ milliseconds }) {
      await sleep(milliseconds)
      return '${name}'
    },
  })`

/** A folder of packages `box/<name>`, with what their model.yaml says. */
function boxOf(models: Record<string, string>): string {
  const dir = testFolder()
  for (const [name, yaml] of Object.entries(models))
    writeFiles(dir, { [`box/${name}/predict.js`]: packageNamed(name), [`box/${name}/model.yaml`]: yaml })
  return dir
}

describe('with memory for three of eight models', () => {
  test('all of them answer, however they are asked for', async () => {
    const names = Array.from({ length: 8 }, (_, i) => `model-${i}`)
    const MODELS_DIR = boxOf(Object.fromEntries(names.map((name) => [name, ''])))
    const server = await testServer({ MODELS_DIR, BUNDLED_MODELS: 'off', MEMORY: '200MiB' })
    const one = async (name: string) => {
      expect(await run(server, `box/${name}`, {})).toMatchObject({ status: 'succeeded', output: name })
      const { results } = await listRunners(server)
      expect(results.filter(({ model }) => model).length).toBeLessThanOrEqual(4)
    }
    for (const name of names) await one(name)
    await Promise.all(names.map(one))
  })
})

test('a model that nobody asks for any more is given up, and loaded again when somebody does', async () => {
  const MODELS_DIR = boxOf({
    brief: 'run: { idle_timeout: 1s }',
    kept: 'run: { idle_timeout: 1s, replicas: { min: 1 } }',
  })
  const server = await testServer({ MODELS_DIR, BUNDLED_MODELS: 'off' })
  const models = async () => (await listRunners(server)).results.flatMap(({ model }) => model ?? [])
  expect(await run(server, 'box/brief', {})).toMatchObject({ output: 'brief' })
  await eventually(async () => expect((await models()).toSorted()).toEqual(['box/brief', 'box/kept']))
  await eventually(async () => expect(await models()).toEqual(['box/kept']))
  expect(await run(server, 'box/brief', {})).toMatchObject({ output: 'brief' })
})

test('a model whose queue waits gets one replica more, and both run at once', async () => {
  const MODELS_DIR = boxOf({ wide: 'run: { threads: 1, replicas: { max: 2 } }' })
  const server = await testServer({ MODELS_DIR, BUNDLED_MODELS: 'off', THREADS: '2' })
  const slow = await create(server, 'box/wide', { milliseconds: 3_600_000 })
  expect(await run(server, 'box/wide', {})).toMatchObject({ status: 'succeeded', output: 'wide' })
  expect(await find(server, slow.id)).toMatchObject({ status: 'processing' })
  const { results } = await listRunners(server)
  expect(results.filter(({ model }) => model).map(({ state, threads }) => [state, threads])).toEqual([
    ['busy', 1],
    ['idle', 1],
  ])
  await server.call('POST', `/v1/predictions/${slow.id}/cancel`)
})

test('who waits for a model to load finds in the logs that it does, and for how long', async () => {
  const dir = testFolder()
  const go = join(dir, 'go')
  writeFiles(dir, { 'box/slow/predict.js': packageNamed('slow', go) })
  const server = await testServer({ MODELS_DIR: dir, BUNDLED_MODELS: 'off' })
  const { id } = await create(server, 'box/slow', {})
  const waiting = await eventually(async () => {
    const seen = await find(server, id)
    expect(seen.logs).toContain('Loading box/slow: 1 s so far\n')
    return seen
  })
  expect(waiting).toMatchObject({ status: 'starting', output: null })
  expect((await listRunners(server)).results).toMatchObject([{ model: 'box/slow', state: 'loading', queued: 1 }])
  writeFileSync(go, '')
  const { status, logs } = await endOf(server, id)
  expect(status).toBe('succeeded')
  expect(logs).toMatch(/^(Loading box\/slow: \d+ s so far\n)+Loaded box\/slow after \d+\.\d s\n$/)
})
