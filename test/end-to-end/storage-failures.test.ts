/** The disk or the database fails: whoever asks hears so, nothing that was accepted is lost, and it is over with its cause. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../support/data-folder.ts'
import { eventually } from '../support/eventually.ts'
import { endOf, find, post, run } from '../support/requests.ts'
import type { TestServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { makeFolder, removeFolder, testFolder } from '../support/temporary.ts'
import { testServer } from '../support/test-server.ts'
import { waitingRun } from '../support/waits.ts'
import { bodyOf } from '../support/wire.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const MODELS_DIR = someModels('makes-files')
const SETTINGS = { BUNDLED_MODELS: 'off', MODELS_DIR, RETENTION: 'off' }
const MAKES = 'test/makes-files'
/** Fits into a row. */
const LARGE = 'x'.repeat(60_000)

type Caller = Pick<TestServer, 'call'>

/** Creates until one is refused, and checks that it is told well. @returns ids of those that were accepted */
async function fill(server: Caller, most = 500): Promise<string[]> {
  const accepted: string[] = []
  for (let i = 0; i < most; i++) {
    // Not more than one that could not be ended: the others can be removed.
    const input = { content: LARGE, name: 'a.txt' }
    const response = await post(server, MAKES, input, { prefer: 'wait=2' })
    if (response.status === 201 || response.status === 202) {
      accepted.push((await bodyOf<{ id: string }>(response)).id)
      continue
    }
    expect(response.status).toBe(503)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await response.json()).toMatchObject({
      title: 'Service Unavailable',
      detail: expect.stringMatching(/again/),
    })
    return accepted
  }
  return expect.fail('Nothing was refused')
}

test('a database that may grow no further refuses creates, and takes them again when data has gone', async () => {
  const server = await testServer(SETTINGS, { maxPages: 300 })
  const accepted = await fill(server)
  expect(accepted.length).toBeGreaterThan(2)
  for (const id of accepted) expect(await find(server, id)).toMatchObject({ id })
  await eventually(async () => {
    for (const id of accepted.slice(0, -1)) await server.call('DELETE', `/v1/predictions/${id}`)
    expect((await post(server, MAKES, {})).status).toBe(201)
  })
  for (const id of accepted) await endOf(server, id)
})

/** As the file system does when its disk fails: files that are open already cannot be written any more either. */
function setWritable(writable: boolean, paths: readonly string[]): boolean {
  return spawnSync('chattr', [writable ? '-i' : '+i', ...paths]).status === 0
}

function canFreeze(): boolean {
  const dir = makeFolder()
  const probe = join(dir, 'probe')
  writeFileSync(probe, '')
  const can = setWritable(false, [probe]) && setWritable(true, [probe])
  removeFolder(dir)
  return can
}

test.skipIf(!canFreeze())(
  'a database that becomes read-only refuses creates, keeps what runs, and goes on after',
  async () => {
    const dataDir = testFolder()
    const server = await testServer({ ...SETTINGS, MODELS_DIR: someModels('makes-files', 'waits'), DATA_DIR: dataDir })
    const before = await run(server, MAKES, {})
    const waiting = waitingRun('over')
    const response = await post(server, 'test/waits', { ...waiting.input })
    const { id } = await bodyOf<{ id: string }>(response)
    await waiting.started()
    const files = ['reprise.sqlite', 'reprise.sqlite-wal'].map((name) => join(dataDir, name))
    onTestFinished(() => void setWritable(true, files))
    expect(setWritable(false, files)).toBe(true)

    const refused = await post(server, MAKES, {})
    expect(refused.status).toBe(503)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await server.call('GET', '/ready')).status).toBe(503)
    waiting.go()
    expect(await find(server, before.id)).toEqual(before)
    expect((await find(server, id)).status).not.toBe('succeeded')

    expect(setWritable(true, files)).toBe(true)
    expect(await endOf(server, id)).toMatchObject({ status: 'succeeded', output: 'over went on' })
    await eventually(async () => expect((await post(server, MAKES, {})).status).toBe(201))
    await eventually(async () => expect((await server.call('GET', '/ready')).status).toBe(200))
  },
)

const inNamespace = (script: string) => ['-rm', 'sh', '-c', script]
const cannotMount = spawnSync('unshare', inNamespace('mount -t tmpfs tmpfs /tmp')).status !== 0

function serveIn(dataDir: string, before: string): ChildProcess {
  const flags = `--port 0 --bundled-models off --models-dir ${MODELS_DIR} --retention off --log-level silent`
  const script = `${before} exec ${process.execPath} ${MAIN} serve ${flags} --data-dir ${dataDir}`
  const child = spawn('unshare', inNamespace(script), { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  })
  return child
}

async function addressOf({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('It has no output')
  const [line] = await once(createInterface({ input: stdout }), 'line')
  return String(line).split(' ').at(-1) ?? ''
}

describe.skipIf(cannotMount)('a disk of its own', () => {
  test('that is full refuses what is new, keeps what was accepted, and goes on when there is room again', async () => {
    const dir = testFolder()
    const [dataDir, makeRoom] = [join(dir, 'data'), join(dir, 'make-room')]
    mkdirSync(dataDir)
    const ballast = join(dataDir, 'ballast')
    const before = `mount -t tmpfs -o size=12m tmpfs ${dataDir} && head -c 6000000 /dev/zero > ${ballast} &&
      { while ! [ -e ${makeRoom} ]; do sleep 0.05; done; rm ${ballast}; } >/dev/null 2>&1 &`
    const child = serveIn(dataDir, `${before}\n while ! [ -e ${ballast} ]; do sleep 0.05; done; sleep 0.2;`)
    const address = await addressOf(child)
    const server: Caller = {
      call: (method, path, { body, headers = {} } = {}) =>
        fetch(address + path, {
          method,
          headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
    }
    await eventually(async () => expect((await server.call('GET', `/v1/models/${MAKES}`)).status).toBe(200))
    const accepted = await fill(server)
    expect(accepted.length).toBeGreaterThan(2)
    for (const id of accepted) expect(await find(server, id)).toMatchObject({ id })
    // A backup has no room, either, and leaves what room there is.
    const backup = await server.call('POST', '/v1/backup')
    expect([backup.status, backup.headers.get('retry-after')]).toEqual([503, '5'])

    writeFileSync(makeRoom, '')
    const again = await eventually(() => run(server, MAKES, { content: 'again' }))
    expect(again).toMatchObject({ status: 'succeeded' })
    for (const id of accepted) await endOf(server, id)
  })

  test('that cannot be written stops the start with the folder and the setting', async () => {
    const dataDir = testFolder()
    const child = serveIn(dataDir, `mount -t tmpfs -o ro tmpfs ${dataDir} &&`)
    const [printed, [code]] = await Promise.all([child.stderr ? text(child.stderr) : '', once(child, 'exit')])
    expect(code).toBe(1)
    expect(printed).toMatch(`The data folder ${dataDir} cannot be used`)
    expect(printed).toMatch(/set REPRISE_DATA_DIR to another folder\n$/)
  })
})

describe('a database that is damaged', () => {
  const PAGE = 4_096

  /** Writes over all pages of a database but the first, which tells what it is. */
  function damage(dataDir: string): string {
    const path = join(dataDir, 'reprise.sqlite')
    const file = openSync(path, 'r+')
    for (let at = PAGE; at < statSync(path).size; at += PAGE) writeSync(file, randomBytes(PAGE), 0, PAGE, at)
    return path
  }

  test('at the start, it is named with a word on how to mend it', async () => {
    const dataDir = testFolder()
    const server = await testServer({ ...SETTINGS, DATA_DIR: dataDir })
    await run(server, MAKES, { content: LARGE })
    await server.close()
    const path = damage(dataDir)
    await expect(testServer({ ...SETTINGS, DATA_DIR: dataDir })).rejects.toThrow(
      expect.objectContaining({
        code: 'configuration',
        message: expect.stringMatching(new RegExp(`The database ${path} .*"reprise restore" .* REPRISE_DATA_DIR`)),
      }),
    )
  })

  test('while the server runs, who asks hears that, and the server goes on', async () => {
    const dataDir = testFolder()
    const server = await testServer({ ...SETTINGS, DATA_DIR: dataDir })
    const { id } = await run(server, MAKES, { content: LARGE })
    const db = openDatabase(dataDir)
    db.pragma('wal_checkpoint(TRUNCATE)')
    db.close()
    damage(dataDir)
    // What others have read before may be remembered.
    const statuses = new Set<number>()
    for (let i = 0; i < 20; i++) {
      const answers = [
        await server.call('GET', '/v1/predictions'),
        await server.call('GET', `/v1/predictions/${id}`),
        await post(server, MAKES, { content: LARGE }),
      ]
      for (const answer of answers) {
        statuses.add(answer.status)
        if (answer.status === 503) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
        await answer.body?.cancel()
      }
    }
    expect(statuses).toContain(503)
    for (const status of statuses) expect([200, 201, 404, 503]).toContain(status)
    expect((await server.call('GET', '/v1/models')).status).toBe(200)
  })
})
