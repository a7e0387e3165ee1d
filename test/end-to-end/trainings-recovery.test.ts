/**
 * The server is killed while a training runs, while its version is made, and about when both are committed: afterwards
 * the training has succeeded and its version is there, or it has failed and nothing is left of it.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, expect, test } from 'vitest'
import { INTERRUPTED } from '../../src/predictions/prediction.ts'
import { openCopy } from '../support/data-folder.ts'
import { eventually } from '../support/eventually.ts'
import { foldersIn } from '../support/prediction-folders.ts'
import { Random } from '../support/random.ts'
import { run } from '../support/requests.ts'
import type { ServerProcess } from '../support/server.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess } from '../support/test-server.ts'
import { addModels, endOfTraining, newestVersion, TRAINERS, train } from '../support/trainings.ts'
import { waitingRun } from '../support/waits.ts'
import { bodyOf } from '../support/wire.ts'

const DESTINATION = 'local/words'
const SETTINGS = { MODELS_DIR: TRAINERS, BUNDLED_MODELS: 'off' }
const WORDS = 'test/counts-words'
const ODD = 'test/trains-oddly'

let dataDir: string
beforeEach(() => {
  dataDir = testFolder()
  addModels(dataDir, DESTINATION)
})

/** A server that has looked at its packages, which may take long on a busy machine. */
async function start(settings: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await testProcess(dataDir, { ...SETTINGS, ...settings })
  await eventually(() => Promise.all([WORDS, ODD].map((model) => newestVersion(server, model))))
  return server
}

/** Begins a training and resolves when its version is being looked at, which goes on when `go` is called. */
async function trainUntilHeld(server: ServerProcess) {
  const held = waitingRun('held')
  const { dir, label } = held.input
  const input = { text: 'data:,one%20two%20two', hold: join(dir, label) }
  const { id } = await train(server, WORDS, { destination: DESTINATION, input })
  await held.started()
  return { id, go: held.go }
}

/** What is on disk of trainings and of versions of the destination. */
function stored(): { trainings: { id: string; status: string; output: string | null }[]; versions: string[] } {
  const db = openCopy(dataDir)
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    return {
      trainings: db
        .prepare<[], { id: string; status: string; output: string | null }>(
          'SELECT id, status, output FROM predictions WHERE destination IS NOT NULL',
        )
        .all(),
      versions: db
        .prepare<[string], string>('SELECT id FROM versions WHERE model = ? ORDER BY id')
        .pluck()
        .all(DESTINATION),
    }
  } finally {
    db.close()
  }
}

test('a training that ran has failed after a kill, one that was queued runs', async () => {
  const first = await start()
  const [running, queued] = [waitingRun('running'), waitingRun('queued')]
  const body = (input: object) => ({ destination: DESTINATION, input: { ...input, how: 'waits' } })
  const { id: runningId } = await train(first, ODD, body(running.input))
  await running.started()
  const { id: queuedId } = await train(first, ODD, body(queued.input))
  await first.stop('SIGKILL')

  const second = await start()
  expect(await endOfTraining(second, runningId)).toMatchObject({ status: 'failed', error: INTERRUPTED })
  await queued.started()
  queued.go()
  const ended = await endOfTraining(second, queuedId)
  const version = await newestVersion(second, DESTINATION)
  expect(ended).toMatchObject({ status: 'succeeded', output: { version: `${DESTINATION}:${version}` } })
  await eventually(() => expect(foldersIn(dataDir)).toEqual([]))
})

test('a training whose version was being made has failed after a kill, and leaves nothing', async () => {
  const first = await start()
  const { id } = await trainUntilHeld(first)
  await first.stop('SIGKILL')
  expect(stored()).toMatchObject({ trainings: [{ id, status: 'processing' }], versions: [] })

  const second = await start()
  expect(await endOfTraining(second, id)).toMatchObject({ status: 'failed', error: INTERRUPTED })
  expect(
    (await bodyOf<{ latest_version: unknown }>(second.call('GET', `/v1/models/${DESTINATION}`))).latest_version,
  ).toBeNull()
  await eventually(() => expect(foldersIn(dataDir)).toEqual([]))
  // Those of the two packages, and of nothing else.
  await eventually(() => expect(readdirSync(join(dataDir, 'versions'))).toHaveLength(2))
})

test('a kill about the commit leaves both the success and the version, or neither', { timeout: 120_000 }, async () => {
  const ROUNDS = 8
  const random = new Random('moments of kill -9')
  let server = await start()
  const undisturbed = await trainUntilHeld(server)
  const begin = performance.now()
  undisturbed.go()
  await endOfTraining(server, undisturbed.id)
  const durationMs = performance.now() - begin

  for (let round = 0; round < ROUNDS; round++) {
    const { id, go } = await trainUntilHeld(server)
    go()
    await sleep((durationMs * random.below(100)) / 100)
    await server.stop('SIGKILL')
    const { trainings, versions } = stored()
    const made = trainings.flatMap(({ status, output }) => (status === 'succeeded' ? [JSON.parse(output ?? '')] : []))
    expect(made.map(({ version }) => version).sort()).toEqual(versions.map((version) => `${DESTINATION}:${version}`))

    server = await start()
    const { status } = await endOfTraining(server, id)
    expect(status).toBe(
      trainings.find((training) => training.id === id)?.status === 'succeeded' ? 'succeeded' : 'failed',
    )
    expect(stored().versions).toEqual(versions)
  }
  expect(await run(server, DESTINATION, { word: 'two' })).toMatchObject({ status: 'succeeded', output: 2 })
})

test('a server that stops lets a version be made', async () => {
  const server = await start()
  const { id, go } = await trainUntilHeld(server)
  const stopped = server.stop('SIGTERM')
  const refused = () => server.call('POST', '/v1/predictions', { body: { version: 'none', input: {} } })
  await eventually(async () => expect((await refused()).status).toBe(503))
  go()
  expect(await stopped).toBe(0)
  const { trainings, versions } = stored()
  expect(trainings).toEqual([{ id, status: 'succeeded', output: `{"version":"${DESTINATION}:${versions[0]}"}` }])
})

test('a server whose grace is over gives a version up', async () => {
  const server = await start({ SHUTDOWN_GRACE: '1' })
  const { id } = await trainUntilHeld(server)
  expect(await server.stop('SIGTERM')).toBe(0)
  expect(stored()).toEqual({ trainings: [{ id, status: 'failed', output: null }], versions: [] })
})
