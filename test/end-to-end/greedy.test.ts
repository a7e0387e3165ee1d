/**
 * Models that take too much: memory, stack, logs, processes. Each fails alone, with an error that says what it took, or
 * gets what it can have; its process is gone or has stayed as it was, and all the while another model answers.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { Bystander } from '../support/bystander.ts'
import { writeDeepFunctions } from '../support/deep-functions.ts'
import { eventually } from '../support/eventually.ts'
import { expectNoStrangers } from '../support/family.ts'
import { GREEDY_MODELS } from '../support/greedy-models.ts'
import { isAlive } from '../support/processes.ts'
import { listRunners, run, runnersOfModel } from '../support/requests.ts'
import { type ServerProcess, spawnServer } from '../support/server.ts'
import { makeFolder, removeFolder, testFolder } from '../support/temporary.ts'
import { testProcess } from '../support/test-server.ts'

const LOGS_LIMIT = 4 * 2 ** 20

const dataDir = makeFolder()
const modelsDir = makeFolder()
let server: ServerProcess
let bystander: Bystander
beforeAll(async () => {
  writeDeepFunctions(modelsDir)
  server = await spawnServer(dataDir, { MODELS_DIR: `${modelsDir}:${GREEDY_MODELS}` })
  bystander = new Bystander(server)
})
afterAll(async () => {
  process.stdout.write(`slowest hello-world beside greedy models: ${Math.round(bystander.slowestMs)} ms\n`)
  await server.stop('SIGKILL')
  for (const dir of [dataDir, modelsDir]) removeFolder(dir)
})

test.each([
  [
    'grows in native code is ended at its limit',
    'string-bomb',
    {},
    /^The model's process held [\d.]+ GiB of memory, more than the 1 GiB that its package allows \(run\.memory\)$|bad_alloc/,
  ],
  [
    'grows in JavaScript is ended at its limit',
    'allocates-in-javascript',
    { mebibytes: 8192 },
    /^The model's process held [\d.]+ [MG]iB of memory, more than the 512 MiB that its package allows \(run\.memory\)$/,
  ],
])('a model that %s, and is told of both amounts', async (_, name, input, error) => {
  const failed = await bystander.during(run(server, `greedy/${name}`, input))
  expect(failed).toMatchObject({ status: 'failed', output: null, error: expect.stringMatching(error) })
  await eventually(() => expectNoStrangers(server))
})

test('a model that asks for far more memory at once than it may have gets an error, and lives on', async () => {
  const model = 'greedy/allocates'
  const refused = {
    status: 'failed',
    error: expect.stringContaining('Failed to allocate memory for requested buffer of size 12884901888'),
  }
  expect(await bystander.during(run(server, model, { gibibytes: 12 }))).toMatchObject(refused)
  const pids = await runnersOfModel(server, model)
  expect(pids.filter(isAlive)).toHaveLength(1)
  expect(await run(server, model, { gibibytes: 12 })).toMatchObject(refused)
  expect(await runnersOfModel(server, model)).toEqual(pids)
})

test('a model whose graph is too deep to be loaded is broken, and operators see why', async () => {
  const model = 'greedy/deep-functions'
  const error = "The model's process was ended by SIGSEGV during setup"
  expect(await bystander.during(run(server, model, {}))).toMatchObject({ status: 'failed', error, output: null })
  const { results } = await listRunners(server)
  const [told, ...others] = results.filter((runner) => runner.model === model)
  expect(told).toMatchObject({ state: 'broken', error, pid: null, queued: 0 })
  expect(told?.retry_in_seconds).toBeGreaterThan(200)
  expect(others).toEqual([])
  expect(await run(server, model, {})).toMatchObject({ status: 'failed', error })
  await eventually(() => expectNoStrangers(server))
})

test.each([
  ['console', 1024],
  ['log', 1024],
  ['descriptor', 64],
])('a model that says far too much, by %s, succeeds with logs that are cut', async (by, mebibytes) => {
  const begun = performance.now()
  const said = await bystander.during(run(server, 'greedy/writes-logs', { mebibytes, by }))
  process.stdout.write(`${mebibytes} MiB of logs by ${by}: ${Math.round(performance.now() - begun)} ms\n`)
  expect(said).toMatchObject({ status: 'succeeded', output: 'said enough' })
  expect(said.logs.slice(LOGS_LIMIT)).toBe(`\n[logs beyond ${LOGS_LIMIT} characters are not kept]\n`)
})

test('a model that leaves a process behind succeeds, and the server ends without waiting for it', async () => {
  const own = await testProcess(testFolder(), { MODELS_DIR: GREEDY_MODELS, BUNDLED_MODELS: 'off' })
  const pidFile = join(testFolder(), 'pid')
  const { status, output } = await run(own, 'greedy/forks', { pidFile })
  const left = Number(readFileSync(pidFile, 'utf8'))
  onTestFinished(() => void process.kill(left, 'SIGKILL'))
  expect({ status, output }).toEqual({ status: 'succeeded', output: left })
  expect(await own.stop('SIGTERM')).toBe(0)
  expect(isAlive(left)).toBe(true)
})

test('the server has lived through all of it, with no runner that it does not know', async () => {
  await bystander.during(Promise.resolve())
  await eventually(() => expectNoStrangers(server))
})
