/**
 * Models that misbehave in every way we know. Each fails alone, with an error that says what happened; its process is
 * replaced, what waited behind it runs, and all the while the other models answer.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { isAlive } from '../support/processes.ts'
import { cancel, create, endOf, find, post, run, runnersOfModel } from '../support/requests.ts'
import { FIXTURE_MODELS, HELLO, HOSTILE_MODELS, startServer, type TestServer } from '../support/server.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess, testServer } from '../support/test-server.ts'
import { waitingRun } from '../support/waits.ts'

const LOGS_LIMIT = 4 * 2 ** 20

let server: TestServer
beforeAll(async () => {
  server = await startServer({ MODELS_DIR: `${HOSTILE_MODELS}:${FIXTURE_MODELS}` })
})
afterAll(() => server.close())

async function expectOthersToAnswer(): Promise<void> {
  expect(await run(server, 'replicate/hello-world', { text: 'Alice' })).toMatchObject({
    status: 'succeeded',
    output: 'hello Alice',
  })
}

describe('a model that', () => {
  test.each([
    ['throws', 'throws', { message: 'It cannot be done' }, 'It cannot be done'],
    ['throws nothing to read', 'throws', { message: '' }, 'Error'],
    ['throws where nobody catches', 'throws', { message: 'It came later', uncaught: true }, 'It came later'],
    ['exits', 'exits', {}, "The model's process exited with code 3 while it ran this prediction"],
    [
      'exits as if all were well',
      'exits',
      { code: 0 },
      "The model's process exited with code 0 while it ran this prediction",
    ],
    [
      'crashes',
      'crashes',
      { a: -(2 ** 31), b: -1 },
      "The model's process was ended by SIGFPE while it ran this prediction",
    ],
    [
      'returns what JSON cannot say',
      'bigint-output',
      {},
      'The output cannot be written as JSON: output.answer is a bigint',
    ],
    ['cannot be set up', 'fails-setup', {}, 'The weights are damaged'],
    ['is set up for too long', 'slow-setup', {}, 'Setup timed out after 1s'],
    ['runs for too long', 'slow-predict', {}, 'Prediction timed out after 1s'],
  ])('%s fails alone, and says why', async (_, name, input, error) => {
    const failing = run(server, `hostile/${name}`, input)
    await expectOthersToAnswer()
    expect(await failing).toMatchObject({ status: 'failed', error, output: null })
    await expectOthersToAnswer()
  })

  test.each([
    ['crashed', 'crashes', { a: 6, b: 3 }, 2],
    ['ran for too long', 'slow-predict', { slow: false }, 'at once'],
  ])('%s runs good inputs afterwards', async (_, name, input, output) => {
    expect(await run(server, `hostile/${name}`, input)).toMatchObject({ status: 'succeeded', output })
  })

  test.each([
    { hi: 1 },
    [null],
    'text',
    [{ type: 'output', id: 'x', values: null }],
    [{ type: 'done', id: 'x', seconds: 'long' }],
  ])('sends the server %j of its own is ended, and nothing else is', async (message) => {
    const failing = run(server, 'hostile/chats', { message })
    await expectOthersToAnswer()
    expect(await failing).toMatchObject({
      status: 'failed',
      error: 'The model sent a message of its own over the channel to the server',
    })
    await expectOthersToAnswer()
  })

  test('prints in any way finds it in the logs of its prediction, in order', async () => {
    expect(await run(server, 'hostile/prints', {})).toMatchObject({
      status: 'succeeded',
      output: 'printed',
      logs: 'by console.log: 1\nby console.error\nby process.stdout\nby process.stderr\nby ctx.log\n',
    })
  })

  test('floods its logs finds them cut, with a note that says so', async () => {
    const flooding = run(server, 'hostile/floods-logs', {})
    await expectOthersToAnswer()
    const { status, output, logs } = await flooding
    expect({ status, output }).toEqual({ status: 'succeeded', output: 'said enough' })
    expect(logs.slice(LOGS_LIMIT)).toBe(`\n[logs beyond ${LOGS_LIMIT} characters are not kept]\n`)
  })
})

test('a version that could not be set up refuses what comes next with the same reason', async () => {
  const failed = { status: 'failed', error: 'The weights are damaged' }
  expect(await run(server, 'hostile/fails-setup', {})).toMatchObject(failed)
  expect(await run(server, 'hostile/fails-setup', {})).toMatchObject(failed)
})

test('what waits behind a crash runs, each once, and only the culprit fails', async () => {
  // After some short runs the server sends several ahead, so that they are in the process that dies.
  for (let a = 0; a < 40; a++) expect(await run(server, 'hostile/crashes', { a, b: 1 })).toMatchObject({ output: a })
  const inputs = Array.from({ length: 20 }, (_, a) => (a === 5 ? { a: -(2 ** 31), b: -1 } : { a, b: 1 }))
  const ended = await Promise.all(inputs.map((input) => run(server, 'hostile/crashes', input)))
  expect(ended.map(({ output }) => output)).toEqual(inputs.map(({ a }) => (a < 0 ? null : a)))
  expect(ended.filter(({ status }) => status === 'failed')).toHaveLength(1)
  expect(ended[5]?.error).toContain('SIGFPE')
})

test('a run deep in native code is canceled at once, and its process is replaced', async () => {
  const { id } = await create(server, 'hostile/loops-forever', {})
  const behind = await create(server, 'hostile/loops-forever', {})
  await eventually(async () => expect(await find(server, id)).toMatchObject({ status: 'processing' }))
  const stuck = await runnersOfModel(server, 'hostile/loops-forever')
  expect(stuck).toHaveLength(1)
  await expectOthersToAnswer()

  expect(await cancel(server, id)).toMatchObject({ status: 'canceled', completed_at: expect.any(String) })
  await eventually(() => expect(stuck.filter(isAlive)).toEqual([]))
  await eventually(async () => expect(await find(server, behind.id)).toMatchObject({ status: 'processing' }))
  expect(await cancel(server, behind.id)).toMatchObject({ status: 'canceled' })
  expect(await find(server, id)).toMatchObject({ status: 'canceled', error: null, output: null })
})

test('a run whose process is killed from outside fails, and what waits behind it runs', async () => {
  const [killed, next] = [waitingRun('killed'), waitingRun('next')]
  const { id } = await create(server, 'test/waits', killed.input)
  await killed.started()
  const { id: nextId } = await create(server, 'test/waits', next.input)
  for (const pid of await runnersOfModel(server, 'test/waits')) process.kill(pid, 'SIGKILL')
  const error = "The model's process was ended by SIGKILL while it ran this prediction"
  expect(await endOf(server, id)).toMatchObject({ status: 'failed', error })
  next.go()
  expect(await endOf(server, nextId)).toMatchObject({ status: 'succeeded' })
})

describe('canceling', () => {
  test('a run that heeds it keeps the process, which runs the next', async () => {
    const own = await testServer()
    const [canceled, next] = [waitingRun('canceled'), waitingRun('next')]
    const { id } = await create(own, 'test/waits', canceled.input)
    await canceled.started()
    const logs = 'waiting for canceled\n'
    await eventually(async () => expect(await find(own, id)).toMatchObject({ status: 'processing', logs }))
    const runners = await runnersOfModel(own, 'test/waits')
    expect(await cancel(own, id)).toMatchObject({ status: 'canceled', logs })
    await canceled.canceled()
    const { id: nextId } = await create(own, 'test/waits', next.input)
    await next.started()
    next.go()
    expect(await endOf(own, nextId)).toMatchObject({ status: 'succeeded' })
    expect(await runnersOfModel(own, 'test/waits')).toEqual(runners)
    expect(await find(own, id)).toMatchObject({ status: 'canceled', error: null, output: null })
  })

  test('a run that does not heed it ends its process, and the next runs in another', async () => {
    const [deaf, next] = [waitingRun('deaf', { heed: false }), waitingRun('next')]
    const { id } = await create(server, 'test/waits', deaf.input)
    await deaf.started()
    const its = await runnersOfModel(server, 'test/waits')
    expect(await cancel(server, id)).toMatchObject({ status: 'canceled' })
    const { id: nextId } = await create(server, 'test/waits', next.input)
    await next.started()
    expect(its.filter(isAlive)).toEqual([])
    next.go()
    expect(await endOf(server, nextId)).toMatchObject({ status: 'succeeded' })
    expect(await find(server, id)).toMatchObject({ status: 'canceled', output: null })
  })

  test('what is still queued never runs', async () => {
    const own = await testServer()
    const [first, queued, last] = [waitingRun('first'), waitingRun('queued'), waitingRun('last')]
    await create(own, 'test/waits', first.input)
    await first.started()
    const { id } = await create(own, 'test/waits', queued.input)
    const { id: lastId } = await create(own, 'test/waits', last.input)
    expect(await cancel(own, id)).toMatchObject({ status: 'canceled', output: null, logs: '' })
    last.go()
    first.go()
    expect(await endOf(own, lastId)).toMatchObject({ status: 'succeeded' })
    expect(existsSync(join(queued.input.dir, 'queued.started'))).toBe(false)
    expect(await find(own, id)).toMatchObject({ status: 'canceled' })
  })

  test('twice, or after the end, answers what there is', async () => {
    const { id, ...done } = await run(server, 'replicate/hello-world', { text: 'Alice' })
    expect(await cancel(server, id)).toEqual({ id, ...done })
    expect(await cancel(server, id)).toEqual({ id, ...done })
  })
})

test('broken packages are named in the log with the reason, and the others are served', async () => {
  const modelsDir = testFolder()
  const write = (name: string, file: string, text: string) => {
    mkdirSync(join(modelsDir, name), { recursive: true })
    writeFileSync(join(modelsDir, name, file), text)
  }
  const fine = `import { defineModel, Type } from 'reprise/model'
    export default defineModel({ input: Type.Object({}), output: Type.String(), predict: () => 'fine' })`
  write('some/fine', 'predict.js', fine)
  write('some/syntax', 'predict.js', 'export default {{')
  write('some/import', 'predict.js', `import './nowhere.js'\n${fine}`)
  write('some/empty', 'model.yaml', 'description: There is no code')
  write('some/no-default', 'predict.js', 'export const model = 1')
  write('some/no-predict', 'predict.js', 'export default { input: { properties: {} }, output: {} }')
  write('some/exits', 'predict.js', 'process.exit(7)')
  write('some/yaml', 'predict.js', fine)
  write('some/yaml', 'model.yaml', 'run: { predict_timeout: soon }')

  const own = await testProcess(testFolder(), { MODELS_DIR: modelsDir, LOG_LEVEL: 'error' })
  const reasons = await eventually(() => {
    const lines = own.printed().trim().split('\n').filter(Boolean)
    const entries: { model: string; reason: string; msg: string }[] = lines.map((line) => JSON.parse(line))
    expect(entries).toHaveLength(7)
    expect(new Set(entries.map(({ msg }) => msg))).toEqual(new Set(['the package is broken']))
    return Object.fromEntries(entries.map(({ model, reason }) => [model, reason]))
  })
  expect(reasons).toEqual({
    'some/syntax': expect.stringContaining('Unexpected token'),
    'some/import': expect.stringMatching(/Cannot find module .*nowhere\.js/),
    'some/empty': expect.stringContaining('There is no predict.ts, predict.js, model.onnx, or model.ort in'),
    'some/no-default': 'predict.js has no default export; write `export default defineModel({ … })`',
    'some/no-predict': 'predict.js: predict must be a function',
    'some/exits': 'The process that looked at predict.js exited with code 7',
    'some/yaml': 'model.yaml: run.predict_timeout: "soon" is not a duration such as 30s or 5m',
  })
  expect(await run(own, 'some/fine', {})).toMatchObject({ output: 'fine' })
  expect(await run(own, 'replicate/hello-world', { text: 'Alice' })).toMatchObject({ output: 'hello Alice' })
  expect((await post(own, 'some/syntax', {})).status).toBe(404)
})

test('a record of runners that cannot be written keeps none from starting', async () => {
  const other = await testServer()
  rmSync(join(other.dataDir, 'runners'), { recursive: true })
  expect(await run(other, 'test/tokens', { count: 1 })).toMatchObject({ status: 'succeeded' })
})

test('a body that is wrong in a hundred thousand places is refused with the first of them', async () => {
  const wrong = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key ${i}`, i]))
  const response = await server.call('POST', '/v1/predictions', {
    body: { version: HELLO, input: { text: 'Alice' }, ...wrong },
  })
  expect(response.status).toBe(422)
  const { invalid_fields: fields }: { invalid_fields?: unknown } = Object(await response.json())
  expect(fields).toHaveLength(1)
})

test('a text that the engine would cut at a NUL fails and says so', async () => {
  expect(await run(server, 'replicate/hello-world', { text: 'a\0b' })).toMatchObject({
    status: 'failed',
    error: 'The tensor text holds a text with a NUL character, which onnxruntime cannot take',
  })
})
