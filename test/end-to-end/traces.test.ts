/**
 * Somebody who traces sees what a prediction was about: with a file of his own that is loaded before the server, in the
 * traces of whoever asked for it; and without, because what came with the request is handed on with the webhooks.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { eventually } from '../support/eventually.ts'
import { COPIES_FILE, writeFiles } from '../support/packages.ts'
import { type Arrival, testReceiver } from '../support/receiver.ts'
import { type ServerProcess, spawnServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess } from '../support/test-server.ts'
import { serve } from '../support/web-server.ts'
import { bodyOf } from '../support/wire.ts'

const TRACING = new URL('../fixtures/tracing.mjs', import.meta.url).href
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
const TRACEPARENT = `00-${TRACE_ID}-${PARENT}-01`
const SERVER = 1
const CLIENT = 2
const ERROR = 2

interface Span {
  traceId: string
  spanId: string
  parent?: string
  name: string
  kind: number
  attributes: Record<string, unknown>
  /** Milliseconds since 1970. */
  start: number
  end: number
  status: number
}

const modelsDir = someModels('tokens', 'waits')
const SETTINGS = { BUNDLED_MODELS: 'off', MODELS_DIR: modelsDir }

/** A server that was started with the file above. */
async function startTraced(): Promise<{ server: ServerProcess; spans(): Span[] }> {
  writeFiles(modelsDir, { 'test/copies/predict.ts': COPIES_FILE })
  const file = join(testFolder(), 'spans.jsonl')
  vi.stubEnv('NODE_OPTIONS', `--import ${TRACING}`)
  vi.stubEnv('TRACE_FILE', file)
  onTestFinished(() => void vi.unstubAllEnvs())
  const server = await testProcess(testFolder(), SETTINGS)
  return { server, spans: () => readFileSync(file, 'utf8').split('\n').filter(Boolean).map(parseSpan) }
}

function parseSpan(line: string): Span {
  return JSON.parse(line)
}

function ask(
  { call }: Pick<ServerProcess, 'call'>,
  model: string,
  body: Record<string, unknown>,
  headers: Record<string, string>,
): Promise<WirePrediction> {
  return bodyOf(call('POST', `/v1/models/${model}/predictions`, { body, headers }))
}

const isEnd = ({ prediction }: Arrival) => prediction.completed_at !== undefined

test('a trace tells all stages of a prediction, below the span of whoever asked for it', async () => {
  const { server, spans } = await startTraced()
  const { port } = await serve((_, response) => response.setHeader('content-type', 'text/plain').end('hello'))
  const receiver = await testReceiver()
  const body = {
    input: { file: `http://127.0.0.1:${port}/in.txt` },
    webhook: receiver.url,
    webhook_events_filter: ['completed'],
  }
  const headers = { prefer: 'wait', traceparent: TRACEPARENT, tracestate: 'vendor=1' }
  const { id, status, metrics = {} } = await ask(server, 'test/copies', body, headers)
  expect(status).toBe('succeeded')
  const arrival = await receiver.until((arrivals) => arrivals.find(isEnd))
  const trace = await eventually(() => {
    const found = spans().filter(({ traceId }) => traceId === TRACE_ID)
    expect(found.map(({ name }) => name)).toContain('webhook completed')
    expect(found.map(({ kind }) => kind)).toContain(SERVER)
    return found
  })
  const only = (name: string): Span => {
    const [found, ...others] = trace.filter((span) => span.name === name)
    if (!found) throw new Error(`There is no span ${name}`)
    expect(others, name).toEqual([])
    return found
  }

  const request = only('POST /v1/models/:owner/:name/predictions')
  expect(request).toMatchObject({ parent: PARENT, kind: SERVER, attributes: { 'http.response.status_code': 201 } })
  const whole = only('prediction')
  expect(whole).toMatchObject({
    parent: request.spanId,
    attributes: { 'reprise.prediction.id': id, 'reprise.model': 'test/copies', 'reprise.outcome': 'succeeded' },
  })
  expect((whole.end - whole.start) / 1000).toBeCloseTo(Number(metrics.total_time), 2)
  const stages = trace.filter(({ parent }) => parent === whole.spanId).toSorted((a, b) => a.start - b.start)
  const names = ['queue', 'fetch input', 'load model', 'batch wait', 'run', 'store output']
  expect(new Set(stages.map(({ name }) => name))).toEqual(new Set(names))
  for (const [index, { start, end }] of stages.entries()) {
    expect(end).toBeGreaterThanOrEqual(start)
    // Spans are told in nanoseconds, of which a number of this size has no more than a quarter of a microsecond.
    expect(start).toBeCloseTo(stages[index - 1]?.end ?? whole.start, 2)
  }
  expect(stages.at(-1)?.end).toBeLessThanOrEqual(whole.end + 0.01)
  expect((only('load model').end - only('load model').start) / 1000).toBeCloseTo(Number(metrics.load_time), 3)

  const hook = only('webhook completed')
  expect(hook).toMatchObject({ parent: request.spanId, kind: CLIENT, attributes: { 'reprise.prediction.id': id } })
  expect(arrival.headers.traceparent).toBe(`00-${TRACE_ID}-${hook.spanId}-01`)
  expect(arrival.headers.tracestate).toBe('vendor=1')
})

test('what nobody asked for in a trace has one of its own, and a failure is marked in it', async () => {
  const { server, spans } = await startTraced()
  const { id } = await ask(
    server,
    'test/tokens',
    { input: { count: 1, fail: true } },
    { prefer: 'wait', traceparent: 'nonsense' },
  )
  const whole = await eventually(() => {
    const found = spans().find(({ attributes }) => attributes['reprise.prediction.id'] === id)
    if (!found) throw new Error('The prediction has no span yet')
    return found
  })
  expect(whole).toMatchObject({ status: ERROR, attributes: { 'reprise.outcome': 'failed' } })
  await eventually(() => expect(spans().find(({ spanId }) => spanId === whole.parent)?.kind).toBe(SERVER))
  const root = spans().find(({ spanId }) => spanId === whole.parent)
  expect(root?.parent).toBeUndefined()
})

test('without tracing, webhooks carry on what came with the request, also after a restart', async () => {
  const dataDir = testFolder()
  let taking = false
  const receiver = await testReceiver((response) => response.writeHead(taking ? 200 : 503).end())
  const first = await spawnServer(dataDir, SETTINGS)
  const body = { input: { count: 1 }, webhook: receiver.url, webhook_events_filter: ['completed'] }
  const { id } = await ask(first, 'test/tokens', body, { traceparent: TRACEPARENT, tracestate: 'a=1, b=2' })
  const before = await receiver.until((arrivals) => arrivals.find(isEnd))
  await first.stop('SIGKILL')
  const seen = receiver.arrivals.length
  taking = true
  const next = await testProcess(dataDir, SETTINGS)
  const after = await receiver.until((arrivals) => arrivals.slice(seen).find(isEnd))
  for (const { headers, prediction } of [before, after]) {
    expect(prediction.id).toBe(id)
    expect(headers).toMatchObject({ traceparent: TRACEPARENT, tracestate: 'a=1, b=2' })
  }
  for (const traceparent of ['nonsense', TRACEPARENT.toUpperCase(), `00-${'0'.repeat(32)}-${PARENT}-01`]) {
    const other = await ask(next, 'test/tokens', body, { traceparent })
    const { headers } = await receiver.until((arrivals) =>
      arrivals.find(({ prediction }) => prediction.id === other.id),
    )
    expect(headers).not.toHaveProperty('traceparent')
  }
})
