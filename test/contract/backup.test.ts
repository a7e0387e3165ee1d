/** A backup holds all that a server knows, and a server that is started on it goes on as if nothing had happened. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { list } from 'tar'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { backup } from '../../src/cli/backup.ts'
import { restore } from '../../src/cli/restore.ts'
import { INTERRUPTED } from '../../src/predictions/prediction.ts'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { callAs, pushPackage } from '../support/accounts.ts'
import { runCommand, runReprise } from '../support/command-line.ts'
import { openDatabase } from '../support/data-folder.ts'
import { eventually } from '../support/eventually.ts'
import { echo } from '../support/packages.ts'
import { filesOf } from '../support/prediction-folders.ts'
import { startReceiver } from '../support/receiver.ts'
import { cancel, create, endOf, find, run } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { tarOf } from '../support/tar.ts'
import { makeFolder, removeFolder, testFolder } from '../support/temporary.ts'
import { testServer } from '../support/test-server.ts'
import { waitingRun } from '../support/waits.ts'
import { bodyOf } from '../support/wire.ts'

const SETTINGS = { BUNDLED_MODELS: 'off', MODELS_DIR: someModels('makes-files', 'streams-files', 'waits', 'tokens') }
const MAKES = 'test/makes-files'
const LARGE = 'x'.repeat(100_000)

let started: TestServer | undefined
let server: TestServer
let folder: string
beforeAll(async () => {
  folder = makeFolder()
  started = await startServer(SETTINGS)
  server = started
})
afterAll(async () => {
  await started?.close()
  removeFolder(folder)
})

const backUp = (file: string, ...more: string[]) => runCommand(backup, [file, '--url', server.address, ...more])

async function restoreTo(file: string, ...more: string[]): Promise<string> {
  const dataDir = join(testFolder(), 'data')
  const restored = await runCommand(restore, [file, '--data-dir', dataDir, ...more])
  expect(restored).toMatchObject({ code: 0, stdout: `${dataDir}\n` })
  return dataDir
}

async function uploadTo({ address }: TestServer, content: string): Promise<{ id: string; urls: { get: string } }> {
  const form = new FormData()
  form.append('content', new Blob([content]), 'a.txt')
  return bodyOf(fetch(`${address}/v1/files`, { method: 'POST', body: form }))
}

async function textAt(url: string, at: TestServer): Promise<string> {
  const response = await fetch(new URL(new URL(url).pathname, at.address))
  expect(response.status).toBe(200)
  return response.text()
}

/** As two servers show it, whose origins differ. */
function without(origin: string, prediction: WirePrediction): unknown {
  return JSON.parse(JSON.stringify(prediction).replaceAll(origin, 'http://here'))
}

async function readBackup(at: TestServer): Promise<Response> {
  return fetch(`${at.address}/v1/backup`, { method: 'POST' })
}

/** What a broken-off backup would leave in the data folder. */
function leftIn(dataDir: string): string[] {
  return readdirSync(dataDir).filter((name) => name.startsWith('.unfinished'))
}

test('a restored server has the same predictions, files, models and secrets', async () => {
  const files = await run(server, MAKES, { shape: 'array', content: LARGE })
  const upload = await uploadTo(server, 'uploaded')
  const stored = await run(server, MAKES, { content: LARGE })
  const version = await pushPackage(server, 'local/pushed', { 'predict.ts': echo('pushed'), 'cover.svg': '<svg/>' })
  const said = await run(server, 'local/pushed', { text: 'so' })
  const secret = await bodyOf(server.call('GET', '/v1/webhooks/default/secret'))
  const file = join(folder, 'whole.tar')
  expect(await backUp(file)).toMatchObject({ code: 0, stdout: '' })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(leftIn(server.dataDir)).toEqual([])

  const dataDir = await restoreTo(file)
  for (const name of readdirSync(join(dataDir, 'keys')))
    expect(statSync(join(dataDir, 'keys', name)).mode & 0o777).toBe(0o600)
  const other = await testServer({ ...SETTINGS, DATA_DIR: dataDir })
  for (const before of [files, stored, said]) {
    const after = await find(other, before.id)
    expect(without(other.address, after)).toEqual(without(server.address, before))
  }
  for (const url of [files.output].flat().map(String)) expect(await textAt(url, other)).toBe(await textAt(url, server))
  expect((await other.call('GET', `/v1/files/${upload.id}`)).status).toBe(200)
  expect(await bodyOf(other.call('GET', '/v1/webhooks/default/secret'))).toEqual(secret)
  expect((await other.call('GET', `/v1/models/local/pushed/versions/${version}`)).status).toBe(200)
  expect(await run(other, 'local/pushed', { text: 'again' })).toMatchObject({ output: 'pushed again' })
})

test('what had not ended has failed, and nobody is told; with --resume it is taken up', async () => {
  const [running, queued] = [waitingRun('running'), waitingRun('queued')]
  const receiver = await startReceiver()
  const body = { input: queued.input, webhook: receiver.url, webhook_events_filter: ['completed'] }
  const first = await create(server, 'test/waits', running.input)
  await running.started()
  const told: WirePrediction = await bodyOf(server.call('POST', '/v1/models/test/waits/predictions', { body }))
  const withFile = await create(server, 'test/waits', { ...queued.input, label: LARGE.slice(0, 100) })
  const file = join(folder, 'unfinished.tar')
  await backUp(file)
  for (const { id } of [first, told, withFile]) await cancel(server, id)

  const settled = await testServer({ ...SETTINGS, DATA_DIR: await restoreTo(file) })
  for (const { id } of [first, told, withFile])
    expect(await find(settled, id)).toMatchObject({ status: 'failed', error: INTERRUPTED })
  const { results } = await bodyOf<{ results: unknown[] }>(settled.call('GET', `/v1/predictions/${told.id}/webhooks`))
  expect(results).toEqual([])

  await receiver.until((arrivals) => arrivals[0])
  const resumed = await testServer({ ...SETTINGS, DATA_DIR: await restoreTo(file, '--resume') })
  expect(await endOf(resumed, first.id)).toMatchObject({ status: 'failed', error: INTERRUPTED })
  queued.go()
  expect(await endOf(resumed, told.id)).toMatchObject({ status: 'succeeded', output: 'queued went on' })
  await receiver.until((arrivals) => arrivals.find(({ prediction }) => prediction.status === 'succeeded'))
  await cancel(resumed, withFile.id)
  await receiver.close()
})

test('what a stream had given out by then is in it, files included', async () => {
  const running = await create(server, 'test/streams-files', { count: 3, hang_after: 2 })
  const db = openDatabase(server.dataDir)
  const stored = db.prepare<[string], number>(
    `SELECT count(*) FROM prediction_chunks, json_each(data, '$.files') WHERE prediction_id = ?`,
  )
  await eventually(() => expect(stored.pluck().get(running.id)).toBe(2))
  db.close()
  const file = join(folder, 'streaming.tar')
  await backUp(file)
  await cancel(server, running.id)

  const other = await testServer({ ...SETTINGS, DATA_DIR: await restoreTo(file) })
  const restored = await find(other, running.id)
  expect(restored).toMatchObject({ status: 'failed', error: INTERRUPTED })
  const texts = await Promise.all([restored.output].flat().map((url) => textAt(String(url), other)))
  expect(texts).toEqual(['file 0', 'file 1'])
})

test('what is removed while a backup is copied is gone at once, and its files soon', async () => {
  const made = await run(server, MAKES, { content: LARGE })
  const upload = await uploadTo(server, 'soon gone')
  const response = await readBackup(server)
  expect((await server.call('DELETE', `/v1/predictions/${made.id}`)).status).toBe(204)
  expect((await server.call('DELETE', `/v1/files/${upload.id}`)).status).toBe(204)
  expect((await fetch(String(made.output))).status).toBe(404)
  const file = join(folder, 'removed.tar')
  writeFileSync(file, Buffer.from(await response.arrayBuffer()))
  await eventually(() => expect(filesOf(server.dataDir, made.id)).toBeUndefined())
  await eventually(() => expect(existsSync(join(server.dataDir, 'files', upload.id))).toBe(false))

  const other = await testServer({ ...SETTINGS, DATA_DIR: await restoreTo(file) })
  expect(await find(other, made.id)).toMatchObject({ data_removed: false })
  expect(await textAt(String(made.output), other)).toBe(LARGE)
})

test('requests go on while a backup is read, and it is of one moment', async () => {
  const file = join(folder, 'load.tar')
  let over = false
  const done = backUp(file).finally(() => {
    over = true
  })
  const ids: string[] = []
  while (!over) ids.push((await run(server, MAKES, { content: `${ids.length}` })).id)
  expect(await done).toMatchObject({ code: 0 })
  expect(ids.length).toBeGreaterThan(0)

  const other = await testServer({ ...SETTINGS, DATA_DIR: await restoreTo(file) })
  const statuses = await Promise.all(ids.map(async (id) => (await other.call('GET', `/v1/predictions/${id}`)).status))
  const [held] = [statuses.filter((status) => status === 200).length]
  expect(statuses).toEqual(statuses.map((_, index) => (index < held ? 200 : 404)))
})

test('one at a time: another is asked to come again', async () => {
  const response = await readBackup(server)
  const refused = await readBackup(server)
  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).toBe('30')
  expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('A backup is being made already') })
  expect(await backUp(join(folder, 'second.tar'))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('A backup is being made already'),
  })
  expect(readdirSync(folder)).not.toContain('second.tar')
  await response.body?.cancel()
  await eventually(async () => {
    const next = await readBackup(server)
    await next.arrayBuffer()
    expect(next.status).toBe(200)
  })
})

test('who goes away in the middle leaves nothing behind', async () => {
  const controller = new AbortController()
  const { signal } = controller
  const response = await fetch(`${server.address}/v1/backup`, { method: 'POST', signal })
  expect(leftIn(server.dataDir)).toHaveLength(1)
  const reader = response.body?.getReader()
  await reader?.read()
  controller.abort()
  await eventually(() => expect(leftIn(server.dataDir)).toEqual([]))
  const early = new AbortController()
  const asked = fetch(`${server.address}/v1/backup`, { method: 'POST', signal: early.signal })
  early.abort()
  await expect(asked).rejects.toThrow()
  await eventually(() => expect(leftIn(server.dataDir)).toEqual([]))
})

test('a backup is plain files only, also where one has several names', async () => {
  const { urls } = await uploadTo(server, LARGE)
  await run(server, MAKES, { content: 'a' })
  const waiting = waitingRun('linked')
  await create(server, 'test/waits', { ...waiting.input, label: urls.get }).then(({ id }) => cancel(server, id))
  const kinds = new Set<string>()
  const parser = list({ onReadEntry: ({ type }) => void kinds.add(type) })
  const ended = new Promise((resolve) => parser.on('end', resolve))
  parser.end(Buffer.from(await (await readBackup(server)).arrayBuffer()))
  await ended
  expect([...kinds]).toEqual(['File'])
})

describe('reprise backup', () => {
  test('writes over nothing, unless it is told to', async () => {
    const file = join(folder, 'mine.tar')
    writeFileSync(file, 'mine')
    expect(await backUp(file)).toMatchObject({ code: 1, stderr: expect.stringContaining('--force writes over it') })
    expect(readFileSync(file, 'utf8')).toBe('mine')
    expect(await backUp(file, '--force')).toMatchObject({ code: 0 })
    expect(statSync(file).size).toBeGreaterThan(10_000)
  })

  test('goes to standard output, from which it can be restored', async () => {
    const { id } = await run(server, MAKES, {})
    const dataDir = join(testFolder(), 'data')
    const script = `"$0" "$1" backup - --url ${server.address} | "$0" "$1" restore - --data-dir ${dataDir}`
    const main = new URL('../../src/main.ts', import.meta.url).pathname
    const { execFile } = await import('node:child_process')
    const { promisify } = await import('node:util')
    const { stdout } = await promisify(execFile)('sh', ['-c', script, process.execPath, main])
    expect(stdout).toBe(`${dataDir}\n`)
    const other = await testServer({ ...SETTINGS, DATA_DIR: dataDir })
    expect(await find(other, id)).toMatchObject({ status: 'succeeded' })
  })

  test.each([
    ['no file', [], /Say where the backup goes/],
    ['a folder that is not there', ['/nowhere/at/all.tar'], /There is no folder \/nowhere\/at/],
    ['a folder', ['/', '--force'], /\/ is no file/],
  ])('says what is wrong with %s', async (_what, args, reason) => {
    const { code, stderr } = await runCommand(backup, [...args, '--url', server.address])
    expect([code, stderr]).toEqual([1, expect.stringMatching(reason)])
  })
})

describe('reprise restore', () => {
  let whole: Buffer
  beforeAll(async () => {
    whole = Buffer.from(await (await readBackup(server)).arrayBuffer())
  })

  /** Tries to restore these bytes; whatever comes of it, nothing is left. */
  async function refusal(bytes: Uint8Array): Promise<string> {
    const dir = testFolder()
    const file = join(dir, 'a.tar')
    writeFileSync(file, bytes)
    const dataDir = join(dir, 'data')
    const { code, stderr } = await runCommand(restore, [file, '--data-dir', dataDir])
    expect(code).toBe(1)
    expect(readdirSync(dataDir).filter((name) => !name.startsWith('lock.sqlite'))).toEqual([])
    expect(readdirSync(dir).sort()).toEqual(['a.tar', 'data'])
    return stderr
  }

  const manifest = { path: 'manifest.json', content: JSON.stringify({ format: 'reprise-backup', version: 1 }) }

  test.each<[what: string, make: () => Uint8Array, reason: RegExp]>([
    ['nothing', () => new Uint8Array(), /a\.tar is no/],
    ['a text', () => Buffer.from('hello '.repeat(1_000)), /a\.tar is no whole tar archive/],
    ['a half', () => whole.subarray(0, Math.floor(whole.length / 2)), /a\.tar (is no whole tar|ends too early)/],
    ['one without its end', () => whole.subarray(0, whole.length - 1_024), /a\.tar ends too early/],
    ['another archive', () => tarOf([{ path: 'predict.ts', content: 'a' }]), /a\.tar is no backup of Reprise/],
    ['a newer one', () => tarOf([{ ...manifest, content: manifest.content.replace('1', '2') }]), /newer version/],
    ['a path out', () => tarOf([manifest, { path: '../evil', content: 'a' }]), /leads out of the backup/],
    ['an absolute path', () => tarOf([manifest, { path: '/etc/evil', content: 'a' }]), /has an absolute path/],
    [
      'a link',
      () => tarOf([manifest, { path: 'keys', type: 'SymbolicLink', linkpath: '/etc' }]),
      /keys is a symbolic link to \/etc; a backup holds plain files and folders only/,
    ],
    [
      'a database that is none',
      () => tarOf([manifest, { path: 'reprise.sqlite', content: 'not a database '.repeat(100) }]),
      /cannot be used: file is not a database/,
    ],
    ['a file that belongs to nothing', () => tarOf([manifest, { path: 'x', content: 'a' }]), /is no backup of Reprise/],
  ])('refuses %s, and leaves nothing', async (_what, make, reason) => {
    expect(await refusal(make())).toMatch(reason)
  })

  test('takes only an empty folder, or one that is not there', async () => {
    const dir = testFolder()
    const file = join(dir, 'a.tar')
    writeFileSync(file, whole)
    const full = join(dir, 'full')
    mkdirSync(full)
    writeFileSync(join(full, 'precious'), '')
    const refused = await runCommand(restore, [file, '--data-dir', full])
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`${full} holds precious; name another`) })
    expect(readdirSync(full)).toContain('precious')
    const empty = join(dir, 'empty')
    mkdirSync(empty)
    expect(await runCommand(restore, [file, '--data-dir', empty])).toMatchObject({ code: 0 })
    const again = await runCommand(restore, [file, '--data-dir', empty])
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('is restored into an empty folder') })
  })

  test('refuses the folder of a server that runs', async () => {
    const file = join(testFolder(), 'a.tar')
    writeFileSync(file, whole)
    const refused = await runCommand(restore, [file, '--data-dir', server.dataDir])
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is in use by another server') })
  })

  test('says where the file is missing', async () => {
    const { code, stderr } = await runReprise(['restore', '/nowhere.tar', '--data-dir', join(testFolder(), 'data')])
    expect([code, stderr]).toEqual([1, expect.stringContaining('/nowhere.tar cannot be read: ENOENT')])
  })

  test('that was broken off keeps servers away until it is done again', async () => {
    const dir = testFolder()
    const file = join(dir, 'a.tar')
    writeFileSync(file, whole)
    const dataDir = join(dir, 'data')
    // As if it had been killed between two of its last steps.
    mkdirSync(join(dataDir, 'restoring'), { recursive: true })
    mkdirSync(join(dataDir, 'keys'))
    writeFileSync(join(dataDir, 'restoring', 'reprise.sqlite'), '')
    await expect(testServer({ ...SETTINGS, DATA_DIR: dataDir })).rejects.toThrow(/was broken off, .* "reprise restore"/)
    expect(await runCommand(restore, [file, '--data-dir', dataDir])).toMatchObject({ code: 0 })
    await testServer({ ...SETTINGS, DATA_DIR: dataDir })
  })
})

test('backups and vacuum are for operators', async () => {
  const shared = await testServer({ ...SETTINGS, API_TOKENS: 'alice:a,olga:o', OPERATORS: 'olga' })
  const [alice, olga] = [callAs(shared, 'a'), callAs(shared, 'o')]
  for (const path of ['/v1/backup', '/v1/vacuum']) {
    const refused = await alice('POST', path)
    expect([refused.status, await refused.json()]).toEqual([
      403,
      expect.objectContaining({ detail: expect.stringMatching(/^Only operators may .* does not name alice$/) }),
    ])
    const taken = await olga('POST', path)
    expect(taken.status).toBe(200)
    const hash = createHash('sha256')
    for await (const piece of Readable.from(taken.body ?? [])) hash.update(piece)
  }
})
