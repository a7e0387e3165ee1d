/**
 * The server is killed without warning, over and over, and started again on the same data folder. Whoever was told
 * `201` finds the prediction again and sees it end; whatever may have run is not run again; the rest runs.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { INTERRUPTED, isTerminal, type Status } from '../../src/predictions/prediction.ts'
import { openCopy, openDatabase } from '../support/data-folder.ts'
import { endingOf, readToEnd, streamUrlOf, textOf, tokens } from '../support/event-reader.ts'
import { eventually } from '../support/eventually.ts'
import { MovedClock } from '../support/moved-clock.ts'
import { isAlive, runnersOf } from '../support/processes.ts'
import { Random } from '../support/random.ts'
import { create, endOf, find, post, run, runnersOfModel } from '../support/requests.ts'
import { FIXTURE_MODELS, HOSTILE_MODELS, type ServerProcess, type Settings, spawnServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess, testServer } from '../support/test-server.ts'
import { waitingRun } from '../support/waits.ts'
import { bodyOf } from '../support/wire.ts'

/** A new server looks at every model that it is given. */
const MODELS = { MODELS_DIR: someModels('marker', 'tokens', 'waits') }
const startProcess = (dataDir: string, settings: Settings = {}) => testProcess(dataDir, { ...MODELS, ...settings })

describe('kill -9 at random moments under load', () => {
  const ROUNDS = 25
  const LONGEST_ROUND_MS = 300
  const CLIENTS = 5

  interface StoredRow {
    id: string
    status: Status
    output: string | null
    error: string | null
    logs: string
    completed_at: number | null
    claimed_at: number | null
    label: string | null
  }

  interface Request {
    model: string
    input: Record<string, unknown>
    headers: Record<string, string>
  }

  /** Sends predictions until the server is gone, and keeps what it was told. */
  class Load {
    readonly #random: Random
    readonly #markers: string
    readonly #labels = new Set<string>()
    /** Requests with an idempotency key that nobody answered: sent again to the next server. */
    #unanswered: Request[] = []
    readonly accepted = new Set<string>()
    /** Ids by idempotency key. */
    readonly keys = new Map<string, string>()

    constructor(random: Random, markers: string) {
      this.#random = random
      this.#markers = markers
    }

    get labels(): ReadonlySet<string> {
      return this.#labels
    }

    async run(server: ServerProcess): Promise<void> {
      await Promise.all(Array.from({ length: CLIENTS }, () => this.#client(server)))
    }

    async #client(server: ServerProcess): Promise<void> {
      for (;;) {
        const request = this.#unanswered.shift() ?? this.#request()
        const response = await post(server, request.model, request.input, request.headers).catch(() => undefined)
        if (!response) {
          if (request.headers['idempotency-key']) this.#unanswered.push(request)
          return
        }
        expect([201, 202]).toContain(response.status)
        const id = response.headers.get('location')?.split('/').at(-1) ?? ''
        this.accepted.add(id)
        const key = request.headers['idempotency-key']
        if (key) this.keys.set(key, id)
        // The server may die in the middle of the body; it has been accepted all the same.
        await response.text().catch(() => {})
      }
    }

    #request(): Request {
      const wait: Record<string, string> = this.#random.below(2) === 0 ? { prefer: 'wait' } : {}
      const choice = this.#random.below(10)
      if (choice < 2) return { model: 'replicate/hello-world', input: { text: 'Alice' }, headers: wait }
      if (choice < 4) return { model: 'test/tokens', input: { count: 4, pause_ms: 2 }, headers: wait }
      const label = `run-${this.#labels.size}`
      this.#labels.add(label)
      const key: Record<string, string> = this.#random.below(2) === 0 ? { 'idempotency-key': label } : {}
      return { model: 'test/marker', input: { file: this.#markers, label }, headers: { ...wait, ...key } }
    }
  }

  /** However slow the machine is, a kill after this interrupts one prediction and finds one queued. */
  async function runOneAndQueueOne(server: ServerProcess): Promise<string[]> {
    const [running, queued] = [waitingRun('running'), waitingRun('queued')]
    queued.go()
    const first = await create(server, 'test/waits', running.input)
    await running.started()
    const second = await create(server, 'test/waits', queued.input)
    return [first.id, second.id]
  }

  function readRows(dataDir: string): Map<string, StoredRow> {
    const db = openCopy(dataDir)
    try {
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
      const rows = db
        .prepare<[], StoredRow>(
          `SELECT id, status, output, error, logs, completed_at, claimed_at, input ->> 'label' AS label FROM predictions`,
        )
        .all()
      return new Map(rows.map((row) => [row.id, row]))
    } finally {
      db.close()
    }
  }

  function countLines(path: string): Map<string, number> {
    const counts = new Map<string, number>()
    for (const line of existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [])
      counts.set(line, (counts.get(line) ?? 0) + 1)
    return counts
  }

  test('nothing accepted is lost, nothing runs twice, nothing is left over', { timeout: 240_000 }, async () => {
    const random = new Random('moments of kill -9')
    const moments = Array.from({ length: ROUNDS }, () => random.below(LONGEST_ROUND_MS))
    const dataDir = testFolder()
    const markers = join(testFolder(), 'markers')
    const load = new Load(random, markers)
    const interrupted = new Set<string>()
    const queued = new Set<string>()
    const finished = new Map<string, StoredRow>()
    await (await startProcess(dataDir)).stop('SIGTERM')

    for (const [round, moment] of moments.entries()) {
      const server = await startProcess(dataDir)
      if (round % 5 === 0) for (const id of await runOneAndQueueOne(server)) load.accepted.add(id)
      const loading = load.run(server)
      await Promise.race([loading, sleep(moment)])
      const runners = runnersOf(server.process.pid)
      await Promise.all([loading, server.stop('SIGKILL')])

      const rows = readRows(dataDir)
      for (const id of load.accepted)
        expect(rows.has(id), `${id}, accepted in round ${round} or before, is kept`).toBe(true)
      for (const [id, row] of finished) expect(rows.get(id)).toEqual(row)
      for (const [id, row] of rows) {
        if (isTerminal(row.status)) finished.set(id, row)
        else if (row.claimed_at === null) queued.add(id)
        else interrupted.add(id)
      }
      await eventually(() => expect(runners.filter(isAlive)).toEqual([]))
    }

    const last = await startProcess(dataDir)
    for (const id of load.accepted) await endOf(last, id)
    expect(await last.stop('SIGTERM')).toBe(0)
    const rows = readRows(dataDir)
    const runs = countLines(markers)

    expect(interrupted.size, 'predictions that a kill interrupted').toBeGreaterThan(0)
    expect(queued.size, 'predictions that a kill found queued').toBeGreaterThan(0)
    for (const [id, row] of finished) expect(rows.get(id)).toEqual(row)
    for (const { id, status, error, output } of rows.values()) {
      expect({ id, status, error }).toEqual(
        interrupted.has(id) ? { id, status: 'failed', error: INTERRUPTED } : { id, status: 'succeeded', error: null },
      )
      if (status === 'succeeded') expect(output).not.toBeNull()
    }
    for (const [key, id] of load.keys) expect(rows.get(id)?.label).toBe(key)
    const labelled = Map.groupBy([...rows.values()], ({ label }) => label)
    for (const label of load.labels) {
      const [row, ...more] = labelled.get(label) ?? []
      expect(more, `${label} was created once`).toEqual([])
      if (row?.status === 'succeeded') expect(runs.get(label), `runs of ${label}`).toBe(1)
      else expect(runs.get(label) ?? 0, `runs of ${label}`).toBeLessThanOrEqual(row ? 1 : 0)
    }
  })
})

test('a prediction that was running is failed after the restart, one that was queued runs', async () => {
  const dataDir = testFolder()
  const first = await startProcess(dataDir)
  const [running, waiting] = [waitingRun('running'), waitingRun('waiting')]
  const { id: runningId } = await create(first, 'test/waits', running.input)
  await running.started()
  const { id: waitingId } = await create(first, 'test/waits', waiting.input)
  const done = await run(first, 'replicate/hello-world', { text: 'Alice' })
  const runners = runnersOf(first.process.pid)
  expect(runners.length).toBeGreaterThanOrEqual(2)
  await first.stop('SIGKILL')
  await eventually(() => expect(runners.filter(isAlive)).toEqual([]))

  const second = await startProcess(dataDir)
  expect(await find(second, runningId)).toMatchObject({ status: 'failed', error: INTERRUPTED, output: null })
  expect(await find(second, done.id)).toEqual({ ...done, urls: expect.anything() })
  await waiting.started()
  waiting.go()
  expect(await endOf(second, waitingId)).toMatchObject({ status: 'succeeded', output: 'waiting went on' })
})

test('a second server refuses a data folder that is in use, and names it', async () => {
  const dataDir = testFolder()
  const server = await startProcess(dataDir)
  await expect(spawnServer(dataDir, MODELS)).rejects.toThrow(
    `ended with 1 before it listened: The data folder ${dataDir} is`,
  )
  expect(await run(server, 'replicate/hello-world', { text: 'Alice' })).toMatchObject({ output: 'hello Alice' })
})

test.each([
  { how: 'where the kernel sees to it', PATH: process.env.PATH },
  { how: 'where it has to watch the server itself', PATH: '' },
])('a runner deep in native code does not outlive a killed server, $how', async ({ PATH }) => {
  vi.stubEnv('PATH', PATH)
  onTestFinished(() => void vi.unstubAllEnvs())
  const server = await testProcess(testFolder(), { MODELS_DIR: HOSTILE_MODELS, BUNDLED_MODELS: 'off' })
  const { id } = await create(server, 'hostile/loops-forever', {})
  await eventually(async () => expect(await find(server, id)).toMatchObject({ status: 'processing' }))
  const runners = runnersOf(server.process.pid)
  expect(runners).toEqual(expect.arrayContaining(await runnersOfModel(server, 'hostile/loops-forever')))
  await server.stop('SIGKILL')
  await eventually(() => expect(runners.filter(isAlive)).toEqual([]))
})

test('idempotency keys, and ids that clients chose, hold over a kill', async () => {
  const dataDir = testFolder()
  const chosen = '0123456789abcdefghjkmnpqrs'
  const body = { version: 'replicate/hello-world', input: { text: 'Alice' } }
  const keyed = { body, headers: { 'idempotency-key': 'the first' } }
  const first = await startProcess(dataDir)
  const { id } = await bodyOf(first.call('POST', '/v1/predictions', keyed))
  expect((await first.call('PUT', `/v1/predictions/${chosen}`, { body })).status).toBe(201)
  await first.stop('SIGKILL')

  const second = await startProcess(dataDir)
  const again = await second.call('POST', '/v1/predictions', keyed)
  expect(again.status).toBe(201)
  expect(await bodyOf(again)).toMatchObject({ id })
  const put = await second.call('PUT', `/v1/predictions/${chosen}`, { body })
  expect(put.status).toBe(201)
  expect(await bodyOf(put)).toMatchObject({ id: chosen, input: { text: 'Alice' } })

  const other = { ...body, input: { text: 'Bob' } }
  for (const response of [
    await second.call('POST', '/v1/predictions', { ...keyed, body: other }),
    await second.call('PUT', `/v1/predictions/${chosen}`, { body: other }),
  ]) {
    expect(response.status).toBe(422)
    expect(await bodyOf(response)).toMatchObject({ detail: 'Idempotency key already used with a different request' })
  }
  const { results } = await bodyOf<{ results: unknown[] }>(second.call('GET', '/v1/predictions'))
  expect(results).toHaveLength(2)
})

test('the stream of an interrupted prediction replays what was stored, then an error, then the end', async () => {
  const dataDir = testFolder()
  const first = await startProcess(dataDir)
  const { id } = await create(first, 'test/tokens', { count: 100_000, pause_ms: 5 })
  const db = openDatabase(dataDir)
  await eventually(() => expect(db.prepare('SELECT * FROM prediction_chunks').all().length).toBeGreaterThan(1))
  db.close()
  await first.stop('SIGKILL')

  const second = await startProcess(dataDir)
  const prediction = await find(second, id)
  const events = await readToEnd(streamUrlOf(prediction))
  expect(events.length).toBeGreaterThan(2)
  expect(events.map(({ seq }) => seq)).toEqual(events.keys().toArray())
  expect(textOf(events)).toBe(tokens(events.length - 2))
  expect(endingOf(events)).toEqual([
    ['error', { detail: INTERRUPTED }],
    ['done', { reason: 'error' }],
  ])
  expect(prediction).toMatchObject({ status: 'failed', error: INTERRUPTED })
  expect(prediction.output).toEqual(events.slice(0, -2).map(({ data }) => data))

  const [resumed] = await readToEnd(streamUrlOf(prediction), events.at(-4)?.id)
  expect(resumed).toMatchObject({ event: 'output', seq: events.length - 3 })
})

test('a deadline that passed while the server was down aborts what was queued; a later one still holds', async () => {
  const settings = { DATA_DIR: testFolder(), SHUTDOWN_GRACE: '1s' }
  const clock = new MovedClock()
  const [running, passed, later] = [waitingRun('running'), waitingRun('passed'), waitingRun('later')]
  const first = await testServer(settings, { clock })
  await create(first, 'test/waits', running.input)
  await running.started()
  const { id: passedId } = await create(first, 'test/waits', passed.input, { 'cancel-after': '10s' })
  const { id: laterId, deadline } = await create(first, 'test/waits', later.input, { 'cancel-after': '2h' })
  await first.close()

  clock.byMs = 3_600_000
  const second = await testServer(settings, { clock })
  expect(await endOf(second, passedId)).toMatchObject({ status: 'aborted', output: null })
  await later.started()
  expect(await find(second, laterId)).toMatchObject({ deadline })
  expect(existsSync(join(passed.input.dir, 'passed.started'))).toBe(false)
  later.go()
  expect(await endOf(second, laterId)).toMatchObject({ status: 'succeeded' })
})

test('a database newer than the program is refused, and left as it is', async () => {
  const settings = { DATA_DIR: testFolder() }
  await (await testServer(settings)).close()
  const db = openDatabase(settings.DATA_DIR)
  db.exec("INSERT INTO migrations (number, name, applied_at) VALUES (9999, '9999_later.sql', 0)")
  await expect(testServer(settings)).rejects.toThrow(/The database is at migration 9999, .* start the newer version/)
  db.exec('DELETE FROM migrations WHERE number = 9999')
  db.close()
  await testServer(settings)
})

test('ids and creation times never go back, also when the clock does', async () => {
  const settings = { DATA_DIR: testFolder(), MODELS_DIR: FIXTURE_MODELS }
  const clock = new MovedClock()
  const created: { id: string; created_at: string }[] = []
  for (let start = 0; start < 4; start++) {
    const server = await testServer(settings, { clock })
    created.push(await run(server, 'replicate/hello-world', { text: 'before' }))
    clock.byMs -= 3_600_000
    created.push(await run(server, 'replicate/hello-world', { text: 'after' }))
    await server.close()
  }
  expect(created.map(({ id }) => id)).toEqual(created.map(({ id }) => id).toSorted())
  expect(created.map(({ created_at: at }) => at)).toEqual(created.map(({ created_at: at }) => at).toSorted())
})
