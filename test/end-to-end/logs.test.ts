/**
 * Somebody looks into the log for what became of a request: its lines carry the id of the request and that of the
 * prediction, and nothing that was secret.
 */
import { expect, test } from 'vitest'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { readToEnd, streamUrlOf } from '../support/event-reader.ts'
import { eventually } from '../support/eventually.ts'
import { COPIES_FILE, writeFiles } from '../support/packages.ts'
import { testReceiver } from '../support/receiver.ts'
import type { ServerProcess } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess } from '../support/test-server.ts'
import { serve } from '../support/web-server.ts'
import { bodyOf } from '../support/wire.ts'

const SECRETS = ['r8_nobodys-business', 'sealed-in-an-input', 'signed-by-a-cloud', 'told-to-a-receiver', 'hush-hush']
const [TOKEN = '', SEALED = '', SIGNATURE = '', HOOK = '', CONTENT = ''] = SECRETS

const modelsDir = someModels('tokens', 'keeps-secrets')

/** The lines of the log about something. */
function lines(server: ServerProcess, about: Record<string, unknown>): Record<string, unknown>[] {
  const all = server
    .printed()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): Record<string, unknown> => JSON.parse(line))
  return all.filter((line) => Object.entries(about).every(([key, value]) => line[key] === value))
}

async function start(logLevel: string): Promise<ServerProcess> {
  writeFiles(modelsDir, { 'test/copies/predict.ts': COPIES_FILE })
  return testProcess(testFolder(), {
    BUNDLED_MODELS: 'off',
    MODELS_DIR: modelsDir,
    LOG_LEVEL: logLevel,
    API_TOKENS: `alice:${TOKEN}`,
  })
}

const authorization = { authorization: `Bearer ${TOKEN}`, prefer: 'wait' }

function runAs(
  { call }: ServerProcess,
  model: string,
  body: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<WirePrediction> {
  return bodyOf(call('POST', `/v1/models/${model}/predictions`, { body, headers: { ...authorization, ...headers } }))
}

test('at level debug the way of a prediction can be followed, and no secret is told', async () => {
  const server = await start('debug')
  const { port } = await serve((_, response) => response.setHeader('content-type', 'text/plain').end(CONTENT))
  const receiver = await testReceiver()
  const file = `http://127.0.0.1:${port}/${SIGNATURE}/in.txt?signature=${SIGNATURE}`
  const copied = await runAs(
    server,
    'test/copies',
    { input: { file }, webhook: `${receiver.url}?key=${HOOK}` },
    { 'x-request-id': 'from-the.client:1' },
  )
  expect(copied.status).toBe('succeeded')
  const outputUrl = String(copied.output)
  expect(await (await fetch(outputUrl)).text()).toBe(CONTENT)
  const streamed = await runAs(server, 'test/tokens', { input: { count: 2 } })
  const streamUrl = streamUrlOf(streamed)
  await readToEnd(streamUrl)
  await runAs(server, 'test/keeps-secrets', { input: { key: SEALED, more: [] } })
  const failed = await runAs(server, 'test/copies', { input: { file: `${file}&${HOOK}`.replace(`:${port}`, ':1') } })
  expect(failed.status).toBe('failed')
  const upload = new FormData()
  upload.set('content', new Blob([CONTENT]), 'secret.txt')
  const uploaded = await fetch(`${server.address}/v1/files`, { method: 'POST', body: upload, headers: authorization })
  expect(uploaded.status).toBe(201)
  await server.call('GET', `/v1/predictions/${copied.id}?token=${TOKEN}`, { headers: authorization })
  await receiver.until((arrivals) => arrivals.find(({ prediction }) => prediction.status === 'succeeded'))

  const { id: prediction } = copied
  await eventually(() => expect(lines(server, { prediction, route: '/v1/predictions/:id' })).toHaveLength(1))
  const request = 'from-the.client:1'
  expect(lines(server, { request })).toEqual([
    expect.objectContaining({
      msg: 'a prediction has ended',
      level: 30,
      prediction,
      model: 'test/copies',
      version: copied.version,
      outcome: 'succeeded',
      ...copied.metrics,
    }),
    expect.objectContaining({
      msg: 'a request was answered',
      level: 20,
      prediction,
      method: 'POST',
      route: '/v1/models/:owner/:name/predictions',
      status: 201,
      ms: expect.any(Number),
    }),
  ])
  expect(lines(server, { prediction, route: '/v1/outputs/:token/:name', status: 200 })).toHaveLength(1)
  expect(lines(server, { prediction: streamed.id, route: '/v1/streams/:token', status: 200 })).toHaveLength(1)
  expect(lines(server, { prediction: failed.id, outcome: 'failed' })).toHaveLength(1)

  const [outputToken = ''] = new URL(outputUrl).pathname.split('/').slice(3)
  const streamToken = streamUrl.split('/').at(-1) ?? ''
  const capabilities = [outputToken, streamToken].map((token) => token.slice(26))
  expect(capabilities.every((capability) => capability.length === 26)).toBe(true)
  const { urls } = await bodyOf<{ urls: { get: string } }>(uploaded)
  for (const secret of [...SECRETS, ...capabilities, new URL(urls.get).search || '?signature'])
    expect(server.printed()).not.toContain(secret)
})

test('at level info there is a line for each prediction and none for requests', async () => {
  const server = await start('info')
  expect(lines(server, { msg: 'listening' })).toEqual([expect.objectContaining({ address: server.address })])
  const { id } = await runAs(server, 'test/tokens', { input: { count: 1 } })
  await runAs(server, 'test/tokens', { input: { count: 1, fail: true } })
  await eventually(() => expect(lines(server, { msg: 'a prediction has ended' })).toHaveLength(2))
  expect(lines(server, { prediction: id })).toHaveLength(1)
  expect(lines(server, { msg: 'a request was answered' })).toEqual([])
  expect(await server.stop('SIGTERM')).toBe(0)
  expect(lines(server, { msg: 'stopping' })).toHaveLength(1)
})
