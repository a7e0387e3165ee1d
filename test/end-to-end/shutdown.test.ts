/**
 * The server is asked to stop. What runs may finish and its waiter gets the answer; nothing new is accepted; what needs
 * longer than the grace fails, and says so to everybody who listens; what is queued waits for the next start.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Connection } from '../../scripts/fuzz/connection.ts'
import { INTERRUPTED } from '../../src/predictions/prediction.ts'
import { openDatabase } from '../support/data-folder.ts'
import { endingOf, readEvents, readToEnd, streamUrlOf, textOf, tokens } from '../support/event-reader.ts'
import { eventually } from '../support/eventually.ts'
import { MULTIPART, multipartBody } from '../support/multipart.ts'
import { isAlive, runnersOf } from '../support/processes.ts'
import { testReceiver } from '../support/receiver.ts'
import { create, endOf, find, post, run } from '../support/requests.ts'
import { type Settings, spawnServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess, testServer } from '../support/test-server.ts'
import { waitingRun } from '../support/waits.ts'
import { closedPort } from '../support/web-server.ts'
import { bodyOf } from '../support/wire.ts'

/** A new server looks at every model that it is given. */
const MODELS = { MODELS_DIR: someModels('tokens', 'waits') }
const startProcess = (dataDir: string, settings: Settings = {}) => testProcess(dataDir, { ...MODELS, ...settings })

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  test('lets a running prediction finish and answers its waiter, and refuses new ones meanwhile', async () => {
    const server = await startProcess(testFolder())
    const waiting = waitingRun('running')
    const answer = create(server, 'test/waits', waiting.input, { prefer: 'wait' })
    await waiting.started()
    const runners = runnersOf(server.process.pid)
    const exit = server.stop(signal)

    await eventually(async () => {
      const refused = await post(server, 'replicate/hello-world', { text: 'too late' })
      expect(refused.status).toBe(503)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(await bodyOf(refused)).toMatchObject({ detail: 'The server is shutting down; try again shortly' })
    })
    waiting.go()
    expect(await answer).toMatchObject({ status: 'succeeded', output: 'running went on' })
    expect(await exit).toBe(0)
    expect(runners.filter(isAlive)).toEqual([])
  })

  test('meanwhile is told by /ready, while what there is can be read', async () => {
    const metrics = `127.0.0.1:${await closedPort()}`
    const server = await startProcess(testFolder(), { METRICS: metrics })
    const waiting = waitingRun('running')
    const running = await create(server, 'test/waits', waiting.input)
    await waiting.started()
    const { urls } = await run(server, 'test/tokens', { count: 3 })
    expect((await server.call('GET', '/ready')).status).toBe(200)
    const exit = server.stop(signal)

    await eventually(async () => {
      const response = await server.call('GET', '/ready')
      expect(response.status).toBe(503)
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(await bodyOf(response)).toEqual({ ready: false, troubles: { server: 'The server is shutting down' } })
    })
    expect((await server.call('GET', '/health')).status).toBe(200)
    expect((await post(server, 'test/tokens', {})).status).toBe(503)
    expect(await find(server, running.id)).toMatchObject({ status: 'processing' })
    expect(await (await fetch(`http://${metrics}/metrics`)).text()).toContain('reprise_predictions_live{')
    expect(textOf(await readToEnd(streamUrlOf({ urls })))).toBe(tokens(3))
    waiting.go()
    expect(await exit).toBe(0)
  })

  test('fails what outlasts the grace, ends its stream, and leaves what is queued for the next start', async () => {
    const dataDir = testFolder()
    const first = await startProcess(dataDir, { SHUTDOWN_GRACE: '1s' })
    const endless = await create(first, 'test/tokens', { count: 100_000, pause_ms: 5 })
    const events = readEvents(streamUrlOf(endless))
    await events.next()
    const queued = await create(first, 'test/tokens', { count: 3 })
    const queuedStream = await fetch(streamUrlOf(queued))
    const answer = post(first, 'test/tokens', { count: 2 }, { prefer: 'wait' })
    await eventually(async () => {
      const { results } = await bodyOf<{ results: unknown[] }>(first.call('GET', '/v1/predictions'))
      expect(results).toHaveLength(3)
    })
    expect(await first.stop(signal)).toBe(0)

    const rest = await Array.fromAsync(events)
    expect(endingOf(rest)).toEqual([
      ['error', { detail: INTERRUPTED }],
      ['done', { reason: 'error' }],
    ])
    expect(await queuedStream.text()).toMatch(
      /^:\nevent: error\nid: .*\ndata: \{"detail":".+"\}\n\nevent: done\nid: .*\ndata: \{"reason":"error"\}\n\n$/,
    )
    const waiter = await answer
    expect(waiter.status).toBe(202)
    const { id: waiterId, ...shown } = await bodyOf(waiter)
    expect(shown).toMatchObject({ status: 'starting', output: null })

    const second = await startProcess(dataDir)
    const failed = await find(second, endless.id)
    expect(failed).toMatchObject({ status: 'failed', error: INTERRUPTED })
    expect(failed.output).toEqual(['token 0\n', ...rest.slice(0, -2).map(({ data }) => data)])
    expect(await readToEnd(streamUrlOf(failed))).toHaveLength(rest.length + 1)
    expect(await endOf(second, queued.id)).toMatchObject({ status: 'succeeded' })
    expect(textOf(await readToEnd(streamUrlOf(await find(second, queued.id))))).toBe(tokens(3))
    expect(await endOf(second, waiterId)).toMatchObject({ status: 'succeeded' })
  })
})

test('webhooks that are due are sent before the end, and not again at the next start', async () => {
  const dataDir = testFolder()
  const late = Promise.withResolvers<void>()
  const receiver = await testReceiver((response) => void late.promise.then(() => response.end()))
  const server = await startProcess(dataDir)
  const { id } = await bodyOf(
    server.call('POST', '/v1/models/test/tokens/predictions', {
      body: { input: { count: 1 }, webhook: receiver.url, webhook_events_filter: ['completed'] },
    }),
  )
  await receiver.until((arrivals) => arrivals[0])
  const exit = server.stop('SIGTERM')
  await eventually(async () => expect((await server.call('GET', '/ready')).status).toBe(503))
  // What is told may be asked for.
  expect(await find(server, id)).toMatchObject({ status: 'succeeded' })
  late.resolve()
  expect(await exit).toBe(0)
  const db = openDatabase(dataDir)
  expect(db.prepare('SELECT DISTINCT state FROM webhook_deliveries').pluck().all()).toEqual(['delivered'])
  db.close()
  expect(receiver.arrivals).toHaveLength(1)
})

test('an idle server stops at once', async () => {
  const server = await startProcess(testFolder())
  await run(server, 'replicate/hello-world', { text: 'Alice' })
  expect(await server.stop('SIGTERM')).toBe(0)
})

test('a second signal ends a server that still waits', async () => {
  const server = await startProcess(testFolder())
  const waiting = waitingRun('running')
  await create(server, 'test/waits', waiting.input)
  await waiting.started()
  const runners = runnersOf(server.process.pid)
  const exit = server.stop('SIGTERM')
  await eventually(async () => expect((await post(server, 'test/tokens', {})).status).toBe(503))
  expect(await server.stop('SIGTERM')).toBe('SIGTERM')
  expect(await exit).toBe('SIGTERM')
  await eventually(() => expect(runners.filter(isAlive)).toEqual([]))
})

test('a create whose commit is under way when the server stops is answered, and kept for the next start', async () => {
  const settings = { DATA_DIR: testFolder() }
  const first = await testServer(settings, { commitDelayMs: 400 })
  const db = openDatabase(settings.DATA_DIR)
  onTestFinished(() => void db.close())
  db.pragma('busy_timeout = 0')
  const lock = () => db.exec('BEGIN IMMEDIATE; ROLLBACK')
  await eventually(lock)
  const answer = post(first, 'test/tokens', { count: 3 }, { prefer: 'wait' })
  await eventually(() => expect(lock).toThrow('database is locked'))
  await first.close()
  const response = await answer
  expect(response.status).toBe(202)
  const { id } = await bodyOf(response)

  const second = await testServer(settings)
  expect(await endOf(second, id)).toMatchObject({ status: 'succeeded' })
})

test('a connection that is kept alive does not hold up the end, also when its last answer comes late', async () => {
  const server = await testServer()
  const arrived = once(server.app.server, 'request')
  const answer = post(server, 'replicate/hello-world', { text: 'Alice' })
  await arrived
  await server.close()
  expect([201, 503]).toContain((await answer).status)
})

test('what comes last on a connection that is still in use is answered in the manner of the API', async () => {
  const dataDir = testFolder()
  const server = await startProcess(dataDir)
  const port = Number(new URL(server.address).port)
  const connection = await Connection.open(port)
  onTestFinished(() => connection.close())
  const whole = multipartBody([{ name: 'content', filename: 'a.txt', content: 'a'.repeat(100_000) }])
  const lines = ['POST /v1/files HTTP/1.1', 'Host: localhost', `Content-Type: ${MULTIPART['content-type']}`]
  connection.send(Buffer.from(`${lines.join('\r\n')}\r\nContent-Length: ${whole.length}\r\n\r\n`))
  const half = whole.length / 2
  connection.send(whole.subarray(0, half))
  await eventually(() => expect(readdirSync(join(dataDir, 'files'))).toHaveLength(1))
  const exit = server.stop('SIGTERM')
  await eventually(() => expect(Connection.open(port)).rejects.toThrow())
  connection.send(
    Buffer.concat([whole.subarray(half), Buffer.from('GET /v1/account HTTP/1.1\r\nHost: localhost\r\n\r\n')]),
  )
  expect(await connection.answer(false, 10_000)).toMatchObject({ status: 201 })
  expect(await connection.answer(false, 10_000)).toMatchObject({ status: 200, closes: true })
  expect(await exit).toBe(0)
})

test('a reader that takes nothing does not hold up the end', async () => {
  const server = await startProcess(testFolder())
  const { urls } = await run(server, 'test/tokens', { count: 500_000 })
  const stalled = request(streamUrlOf({ urls }), { agent: false }).end()
  onTestFinished(() => void stalled.destroy())
  stalled.on('error', () => {})
  const [response] = await once(stalled, 'response')
  response.pause()
  response.on('error', () => {})
  expect(await server.stop('SIGTERM')).toBe(0)
})

test('a start that fails half-way releases all it took and begins nothing', async () => {
  const dataDir = testFolder()
  const killed = await startProcess(dataDir)
  const [running, queued] = [waitingRun('running'), waitingRun('queued')]
  await create(killed, 'test/waits', running.input)
  await running.started()
  const { id } = await create(killed, 'test/waits', queued.input)
  await killed.stop('SIGKILL')

  const holder = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void holder.close())
  await once(holder, 'listening')
  const address = holder.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await expect(spawnServer(dataDir, { ...MODELS, PORT: String(port) })).rejects.toThrow(
    new RegExp(
      `ended with 1 before it listened: Cannot listen: .*address already in use 127.0.0.1:${port}; set REPRISE`,
    ),
  )
  expect(readdirSync(join(dataDir, 'runners'))).toEqual([])
  expect(existsSync(join(dataDir, 'reprise.sqlite-wal'))).toBe(false)
  const database = openDatabase(dataDir)
  expect(database.prepare('SELECT status, claimed_at FROM predictions WHERE id = ?').get(id)).toEqual({
    status: 'starting',
    claimed_at: null,
  })
  database.close()

  const server = await startProcess(dataDir)
  expect(await run(server, 'replicate/hello-world', { text: 'Alice' })).toMatchObject({ output: 'hello Alice' })
  await queued.started()
  queued.go()
  expect(await endOf(server, id)).toMatchObject({ status: 'succeeded', output: 'queued went on' })
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s for every process of a terminal does not end what runs',
  async (signal) => {
    const server = await startProcess(testFolder())
    const waiting = waitingRun('running')
    const answer = create(server, 'test/waits', waiting.input, { prefer: 'wait' })
    await waiting.started()
    for (const runner of runnersOf(server.process.pid)) process.kill(runner, signal)
    const exit = server.stop(signal)
    waiting.go()
    expect(await answer).toMatchObject({ status: 'succeeded', output: 'running went on' })
    expect(await exit).toBe(0)
  },
)

test('SIGTERM for `npm start`, as a supervisor sends it, ends the server in order', async () => {
  const npm = spawn('npm', ['start', '--', '--port', '0', '--data-dir', testFolder()], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void npm.kill('SIGKILL'))
  let printed = ''
  const listening = Promise.withResolvers<void>()
  for (const stream of [npm.stdout, npm.stderr])
    stream.on('data', (text) => {
      printed += text
      if (/^reprise listening on/m.test(printed)) listening.resolve()
    })
  const closed = once(npm, 'close')
  await listening.promise
  npm.kill('SIGTERM')
  // The server holds the output open, so that its end is awaited, too.
  await closed
  expect(printed).toContain('"msg":"stopping"')
})
