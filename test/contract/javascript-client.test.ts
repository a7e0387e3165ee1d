import type Replicate from 'replicate'
import type { Prediction } from 'replicate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { methodsOf, recording } from '../support/recording.ts'
import { FIXTURE_MODELS, HELLO, startServer, type TestServer } from '../support/server.ts'
import { TRAINERS } from '../support/trainings.ts'
import { waitingRun } from '../support/waits.ts'
import { bodyOf } from '../support/wire.ts'

/** The methods of the client that the tests have called. */
const called = new Set<string>()
let server: TestServer
let client: Replicate
beforeAll(async () => {
  server = await startServer({ MODELS_DIR: `${FIXTURE_MODELS}:${TRAINERS}` })
  client = recording(server.client, called)
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
      // On a slow disk the logs are there before the state says that it runs.
      if (status === 'processing' && lines.includes('waiting for progress')) run.go()
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

test('models can be made, listed page by page, and found', async () => {
  const names = Array.from({ length: 26 }, (_, i) => `wombat-${i}`)
  for (const name of names) {
    const options = { visibility: 'public' as const, hardware: 'cpu', description: 'Digs burrows' }
    expect(await client.models.create('local', name, options)).toMatchObject({ owner: 'local', name, run_count: 0 })
  }
  const pages = await Array.fromAsync(client.paginate(client.models.list))
  expect(pages[0]).toHaveLength(25)
  const listed = pages.flat().map(({ owner, name }) => `${owner}/${name}`)
  expect(listed).toEqual(expect.arrayContaining(['replicate/hello-world', ...names.map((name) => `local/${name}`)]))
  expect(new Set(listed).size).toBe(listed.length)
  const { results } = await client.models.search('digs "burrows" wombat-7')
  expect(results[0]).toEqual(await client.models.get('local', 'wombat-7'))
})

test('the creation of a model whose name is taken throws an ApiError', async () => {
  const options = { visibility: 'public' as const, hardware: 'cpu' }
  const { name, response } = await apiErrorOf(client.models.create('replicate', 'hello-world', options))
  expect(name).toBe('ApiError')
  expect(response.status).toBe(403)
})

test('collections can be listed and read with their models', async () => {
  const { results } = await client.collections.list()
  expect(results).toContainEqual(expect.objectContaining({ slug: 'bundled', name: 'Bundled models' }))
  const collection = await client.collections.get('bundled')
  expect(collection.models?.[0]).toEqual(await client.models.get('replicate', 'hello-world'))
})

test('a deployment can be made, changed, run, listed and deleted', async () => {
  const made = await client.deployments.create({
    name: 'greeter',
    model: 'replicate/hello-world',
    version: HELLO,
    hardware: 'cpu',
    min_instances: 0,
    max_instances: 1,
  })
  expect(made).toMatchObject({ owner: 'local', name: 'greeter', current_release: { number: 1, version: HELLO } })
  expect(await client.deployments.get('local', 'greeter')).toEqual(made)
  const changed = await client.deployments.update('local', 'greeter', { max_instances: 2 })
  expect(changed.current_release).toMatchObject({ number: 2, configuration: { max_instances: 2 } })
  expect((await client.deployments.list()).results).toEqual([changed])
  expect(await client.deployments.delete('local', 'greeter')).toBe(true)
  expect((await apiErrorOf(client.deployments.get('local', 'greeter'))).response.status).toBe(404)

  await client.deployments.create({
    name: 'runs',
    model: 'replicate/hello-world',
    version: HELLO,
    hardware: 'cpu',
    min_instances: 0,
    max_instances: 1,
  })
  const input = { text: 'Hal' }
  const prediction = await client.deployments.predictions.create('local', 'runs', { input, wait: true })
  expect(prediction).toMatchObject({ status: 'succeeded', output: 'hello Hal', deployment: 'runs' })
})

test('a file can be uploaded, read, listed and deleted', async () => {
  const file = await client.files.create(Buffer.from('hello'), { kind: 'greeting' })
  expect(file).toMatchObject({ size: 5, metadata: { kind: 'greeting' } })
  expect(await client.files.get(file.id)).toMatchObject({ id: file.id, checksums: file.checksums })
  expect((await client.files.list()).results.map(({ id }) => id)).toEqual([file.id])
  expect(await client.files.delete(file.id)).toBe(true)
  expect((await apiErrorOf(client.files.get(file.id))).response.status).toBe(404)
})

test('the hardware can be listed', async () => {
  expect(await client.hardware.list()).toContainEqual({ name: 'CPU', sku: 'cpu' })
})

test('the secret of webhooks can be read', async () => {
  expect(await client.webhooks.default.secret.get()).toEqual({ key: expect.stringMatching(/^whsec_[^_]+$/) })
})

test('a request of any kind can be made, with parameters', async () => {
  const params = { sort_by: 'model_created_at', sort_direction: 'asc' }
  const response = await client.request('/models', { method: 'GET', params })
  const { results } = await bodyOf<{ results: { created_at: string }[] }>(response)
  const times = results.map(({ created_at: time }) => time)
  expect(times.length).toBeGreaterThan(1)
  expect(times).toEqual(times.toSorted())
})

test('a version can be trained, and what it makes be run', async () => {
  await client.models.create('local', 'words', { visibility: 'private', hardware: 'cpu' })
  const { latest_version: trainer } = await client.models.get('test', 'counts-words')
  const created = await client.trainings.create('test', 'counts-words', String(trainer?.id), {
    destination: 'local/words',
    input: { text: 'data:,one%20two%20two' },
  })
  expect(created).toMatchObject({ status: 'starting', version: trainer?.id })
  const { output } = await eventually(async () => {
    const training = await client.trainings.get(created.id)
    expect(training.status).toBe('succeeded')
    return training
  })
  const [, version] = /^local\/words:([0-9a-f]{64})$/.exec(output?.version ?? '') ?? []
  expect(await client.run(`local/words:${version}`, { input: { word: 'two' } })).toBe(2)
  expect((await client.trainings.list()).results.map(({ id }) => id)).toEqual([created.id])
  expect(await client.trainings.cancel(created.id)).toMatchObject({ status: 'succeeded' })
})

// The last of all: it looks at what the others have called.
test('each method of the client has been tried', () => {
  const own = methodsOf(server.client).filter((name) => name !== 'fetch')
  expect(own.length).toBeGreaterThan(30)
  expect(own.filter((name) => !called.has(name))).toEqual([])
})
