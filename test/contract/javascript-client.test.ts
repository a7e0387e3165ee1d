import type Replicate from 'replicate'
import type { Prediction } from 'replicate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HELLO, startServer, type TestServer } from '../support/server.ts'
import { waitingRun } from '../support/waits.ts'

let server: TestServer
let client: Replicate
beforeAll(async () => {
  server = await startServer()
  client = server.client
})
afterAll(() => server.close())

/** What a client threw, with the answer that it carries. */
async function apiErrorOf(work: Promise<unknown>): Promise<{ name: string; message: string; response: Response }> {
  return work.then(
    () => expect.fail('The client did not throw'),
    (error) => error,
  )
}

test('run gives the output of a version', async () => {
  expect(await client.run(`replicate/hello-world:${HELLO}`, { input: { text: 'Alice' } })).toBe('hello Alice')
})

test('run gives the output of a model by its short name', async () => {
  expect(await client.run('replicate/hello-world', { input: { text: 'Bob' } })).toBe('hello Bob')
})

test('run polls instead of waiting when asked to', async () => {
  const output = await client.run('replicate/hello-world', {
    input: { text: 'Carol' },
    wait: { mode: 'poll', interval: 10 },
  })
  expect(output).toBe('hello Carol')
})

test('run gives the whole list of a model that streams', async () => {
  const output = await client.run('test/tokens', { input: { count: 3 } })
  expect(output).toEqual(['token 0\n', 'token 1\n', 'token 2\n'])
})

test('run gives objects as they were made', async () => {
  const output = await client.run('test/every-type', { input: { text: 'abc', tags: ['x', 'y'], flag: true } })
  expect(output).toEqual({
    text: 'abc',
    tags: ['x', 'y'],
    flag: true,
    count: 1,
    ratio: 0.5,
    step: 8,
    style: 'plain',
  })
})

test('run goes on with polling when the model needs longer than the wait', async () => {
  const run = waitingRun('slow')
  const seen: string[] = []
  const output = await client.run(
    'test/waits',
    { input: run.input, wait: { mode: 'block', timeout: 1, interval: 10 } },
    ({ status }) => {
      if (seen.length === 0) run.go()
      seen.push(status)
    },
  )
  expect(seen[0]).toBe('starting')
  expect(output).toBe('slow went on')
})

test('run tells its callback about the progress in the logs, which can always be split', async () => {
  const run = waitingRun('progress')
  const seen: { status: string; lines: string[] }[] = []
  const output = await client.run(
    'test/waits',
    { input: run.input, wait: { mode: 'poll', interval: 10 } },
    ({ status, logs }: Prediction & { logs?: string | null }) => {
      const lines = logs?.split('\n') ?? expect.fail('There are no logs')
      seen.push({ status, lines })
      if (lines.includes('waiting for progress')) run.go()
    },
  )
  expect(output).toBe('progress went on')
  expect(seen[0]).toEqual({ status: 'starting', lines: [''] })
  expect(seen).toContainEqual({ status: 'processing', lines: ['waiting for progress', ''] })
  expect(seen.at(-1)).toEqual({ status: 'succeeded', lines: ['waiting for progress', ''] })
})

test('run throws the error of a model that fails', async () => {
  const failing = { count: 1, fail: true }
  await expect(client.run('test/tokens', { input: failing })).rejects.toThrow('Prediction failed: The tokens ran out')
  await expect(client.run('test/tokens', { input: failing, wait: { mode: 'poll', interval: 10 } })).rejects.toThrow(
    'Prediction failed: The tokens ran out',
  )
})

test('run with a signal cancels the prediction on the server and stops the model', async () => {
  const run = waitingRun('aborted')
  const controller = new AbortController()
  let id = ''
  const output = await client.run(
    'test/waits',
    { input: run.input, wait: { mode: 'poll', interval: 10 }, signal: controller.signal },
    (prediction) => {
      id = prediction.id
      if (prediction.status === 'processing') controller.abort()
    },
  )
  expect(output).toBeNull()
  expect(await client.predictions.get(id)).toMatchObject({ status: 'canceled', error: null })
  await run.canceled()
})

test('run with a signal that comes too late gives the output', async () => {
  const controller = new AbortController()
  const statuses: string[] = []
  const output = await client.run(
    'replicate/hello-world',
    { input: { text: 'Dan' }, signal: controller.signal },
    ({ status }) => {
      statuses.push(status)
      controller.abort()
    },
  )
  expect(output).toBe('hello Dan')
  expect(statuses).toEqual(['succeeded', 'succeeded'])
})

test('stream gives each piece of text and then the end', async () => {
  const events: { event: string; data: string }[] = []
  for await (const event of client.stream('test/tokens', { input: { count: 3 } })) events.push(event)
  expect(events.map(({ event, data }) => [event, data])).toEqual([
    ['output', 'token 0\n'],
    ['output', 'token 1\n'],
    ['output', 'token 2\n'],
    ['done', '{}'],
  ])
  expect(events.join('')).toBe('token 0\ntoken 1\ntoken 2\n')
})

test('stream throws what the model failed with', async () => {
  const read = async () => {
    for await (const { event } of client.stream('test/tokens', { input: { count: 2, fail: true } }))
      expect(event).toBe('output')
  }
  await expect(read()).rejects.toThrow('{"detail":"The tokens ran out"}')
})

test('stream refuses a model that has no stream', async () => {
  const stream = client.stream('replicate/hello-world', { input: { text: 'Eve' } })
  await expect(stream.next()).rejects.toThrow('Prediction does not support streaming')
})

test('a prediction can be created, found, listed and canceled', async () => {
  const run = waitingRun('four-verbs')
  const created = await client.predictions.create({ model: 'test/waits', input: run.input })
  expect(created).toMatchObject({ status: 'starting', model: 'test/waits', input: run.input, logs: '', output: null })
  await run.started()

  const listed = await client.predictions.list()
  expect(listed.results[0]?.id).toBe(created.id)

  const canceled = await client.predictions.cancel(created.id)
  expect(canceled).toMatchObject({ id: created.id, status: 'canceled', output: null, error: null })
  expect(await client.predictions.get(created.id)).toEqual(canceled)
  await run.canceled()
})

test('cancel of a finished prediction gives it back as it is', async () => {
  const ended = await client.predictions.create({ version: HELLO, input: { text: 'Fay' }, wait: true })
  expect(ended).toMatchObject({ status: 'succeeded', output: 'hello Fay' })
  expect(await client.predictions.cancel(ended.id)).toEqual(ended)
  expect(await client.predictions.get(ended.id)).toEqual(ended)
})

test('wait follows a prediction to its end', async () => {
  const created = await client.predictions.create({ version: HELLO, input: { text: 'Gus' } })
  const ended = await client.wait(created, { interval: 10 })
  expect(ended).toMatchObject({ id: created.id, status: 'succeeded', output: 'hello Gus' })
})

test('paginate walks over every prediction, newest first, each of them once', async () => {
  const created = await Promise.all(
    Array.from({ length: 205 }, (_, i) => client.predictions.create({ version: HELLO, input: { text: `${i}` } })),
  )
  const pages: Prediction[][] = []
  for await (const page of client.paginate(client.predictions.list)) pages.push(page)

  expect(pages.length).toBeGreaterThanOrEqual(3)
  expect(pages.slice(0, 2).map((page) => page.length)).toEqual([100, 100])
  const walked = pages.flat()
  const ids = new Set(walked.map(({ id }) => id))
  expect(ids.size).toBe(walked.length)
  expect(created.filter(({ id }) => !ids.has(id))).toEqual([])
  const times = walked.map((prediction) => Date.parse(prediction.created_at))
  expect(times).toEqual(times.toSorted((a, b) => b - a))
})

test('a model and its versions can be read', async () => {
  const model = await client.models.get('replicate', 'hello-world')
  expect(model).toMatchObject({ owner: 'replicate', name: 'hello-world', visibility: 'public' })
  expect(model.latest_version?.id).toBe(HELLO)

  const { results } = await client.models.versions.list('replicate', 'hello-world')
  expect(results.map(({ id }) => id)).toEqual([HELLO])
  const version = await client.models.versions.get('replicate', 'hello-world', HELLO)
  expect(version).toEqual(results[0])
  expect(version).toEqual(model.latest_version)
  expect(version.openapi_schema).toHaveProperty('components.schemas.Input.properties.text')
})

test('the account of the token can be read', async () => {
  expect(await client.accounts.current()).toEqual({ type: 'user', username: 'local', name: 'local' })
})

test('an input that breaks the schema throws an ApiError with every broken rule', async () => {
  const { name, message, response } = await apiErrorOf(
    client.run('test/every-type', { input: { text: 'a', count: 9 } }),
  )
  expect(name).toBe('ApiError')
  expect(response.status).toBe(422)
  const url = `${server.address}/v1/models/test/every-type/predictions`
  const prefix = `Request to ${url} failed with status 422 Unprocessable Entity: `
  expect(message.slice(0, prefix.length)).toBe(prefix)
  expect(JSON.parse(message.slice(prefix.length, -1))).toEqual({
    title: 'Input validation failed',
    detail:
      '- input.text: String length must be greater than or equal to 2\n- input.count: Must be less than or equal to 4\n',
    status: 422,
    invalid_fields: [
      {
        type: 'string_gte',
        field: 'input.text',
        description: 'String length must be greater than or equal to 2',
      },
      { type: 'number_lte', field: 'input.count', description: 'Must be less than or equal to 4' },
    ],
  })
})

test('a prediction that does not exist throws an ApiError', async () => {
  const { name, response } = await apiErrorOf(client.predictions.get('00000000000000000000000000'))
  expect(name).toBe('ApiError')
  expect(response.status).toBe(404)
})
