import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import type { Clock } from '../../src/clock.ts'
import { FileService } from '../../src/files/service.ts'
import { FileStore, fileStatements } from '../../src/files/store.ts'
import type { Receive, Upload } from '../../src/files/upload.ts'
import { SettledTime } from '../../src/settled-time.ts'
import { SweepGate } from '../../src/sweep-gate.ts'
import { testDatabase } from '../support/database.ts'
import { testFolder } from '../support/temporary.ts'

const ALICE = { username: 'alice' }
const BOB = { username: 'bob' }
const DAY_MS = 24 * 3_600_000

class StoppedClock implements Clock {
  at = 1_700_000_000_000
  now(): number {
    return this.at
  }
  monotonic(): number {
    return this.at
  }
}

async function build({ dataDir = testFolder(), clock = new StoppedClock() } = {}) {
  const { reader, writer } = testDatabase(fileStatements)
  const log = pino({ level: 'silent' })
  const files = await FileService.open({
    store: new FileStore(reader),
    writer,
    clock,
    settled: new SettledTime(clock),
    gate: new SweepGate(),
    log,
    dataDir,
  })
  onTestFinished(() => files.close())
  const dir = join(dataDir, 'files')
  return { files, clock, dataDir, dir, onDisk: () => readdirSync(dir).sort() }
}

/** An upload of one text. */
function text(content: string, about: Partial<Upload> = {}) {
  return async (receive: Receive): Promise<Upload> => ({
    content: await receive(pieces(content)),
    name: 'a.txt',
    contentType: 'text/plain',
    metadata: {},
    ...about,
  })
}

async function* pieces(...contents: string[]): AsyncGenerator<Buffer> {
  for (const content of contents) yield Buffer.from(content)
}

test('a file is kept under its id, with what was said about it', async () => {
  const { files, dir, onDisk } = await build()
  const created = await files.create(ALICE, text('hello', { metadata: { a: 1 } }))
  expect(files.find(ALICE, created.id)).toEqual({ ...created, path: join(dir, created.id) })
  expect(created).toMatchObject({ name: 'a.txt', size: 5, metadata: { a: 1 } })
  expect(created.expiresAt - created.createdAt).toBe(DAY_MS)
  expect(readFileSync(join(dir, created.id), 'utf8')).toBe('hello')
  expect(onDisk()).toEqual([created.id])
})

test('a file is found by its account only', async () => {
  const { files } = await build()
  const { id } = await files.create(ALICE, text('hello'))
  expect(files.find(BOB, id)).toBeUndefined()
  expect(() => files.get(BOB, id)).toThrow('File not found')
  await expect(files.delete(BOB, id)).rejects.toThrow('File not found')
  expect(files.list(BOB, undefined).rows).toEqual([])
  expect(files.list(ALICE, undefined).rows.map((file) => file.id)).toEqual([id])
})

test('a deleted file is gone, and others stay', async () => {
  const { files, onDisk } = await build()
  const [first, second] = [await files.create(ALICE, text('a')), await files.create(ALICE, text('b'))]
  await files.delete(ALICE, first.id)
  expect(files.find(ALICE, first.id)).toBeUndefined()
  expect(onDisk()).toEqual([second.id])
})

test('what expires cannot be found any more, and is removed by the next sweep', async () => {
  const { files, clock, onDisk } = await build()
  const old = await files.create(ALICE, text('old'))
  clock.at += DAY_MS - 1
  const young = await files.create(ALICE, text('young'))
  await files.sweep()
  expect(files.find(ALICE, old.id)).toBeDefined()

  clock.at += 1
  expect(files.find(ALICE, old.id)).toBeUndefined()
  expect(files.list(ALICE, undefined).rows.map(({ id }) => id)).toEqual([young.id])
  const { signature, ...grant } = files.signedQuery(old)
  expect(() => files.getGranted({ ...grant, id: old.id }, signature)).toThrow('File not found')
  expect(onDisk()).toEqual([old.id, young.id].sort())

  await files.sweep()
  expect(onDisk()).toEqual([young.id])
})

test('one sweep removes any number of expired files', async () => {
  const { files, clock, onDisk } = await build()
  for (let i = 0; i < 201; i++) await files.create(ALICE, text(`${i}`))
  clock.at += DAY_MS
  await files.sweep()
  expect(onDisk()).toEqual([])
})

test('a sweep removes what no row names, but nothing that is on its way', async () => {
  const { files, dir, onDisk } = await build()
  const kept = await files.create(ALICE, text('kept'))
  const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const uploading = files.create(ALICE, async (receive) => {
    const upload = await text('arrives')(receive)
    begun.resolve()
    await goOn.promise
    return upload
  })
  await begun.promise
  writeFileSync(join(dir, '01hf0000000000000000000000'), 'its row was never written')
  writeFileSync(join(dir, '.unfinished-x'), 'could be of the upload under way')
  await files.sweep()
  expect(onDisk()).toHaveLength(3)
  expect(onDisk()).not.toContain('01hf0000000000000000000000')

  goOn.resolve()
  const arrived = await uploading
  await files.sweep()
  expect(onDisk()).toEqual([kept.id, arrived.id].sort())
})

test('an upload that breaks leaves nothing', async () => {
  const { files, onDisk } = await build()
  async function* broken(): AsyncGenerator<Buffer> {
    yield Buffer.from('begin')
    expect(onDisk()).toHaveLength(1)
    throw new Error('The client went away')
  }
  const upload = files.create(ALICE, async (receive) => {
    await receive(broken())
    throw new Error('It went on')
  })
  await expect(upload).rejects.toThrow('The client went away')
  expect(onDisk()).toEqual([])
  expect(files.list(ALICE, undefined).rows).toEqual([])
})

test('an upload that is refused after its content has come leaves nothing', async () => {
  const { files, onDisk } = await build()
  const upload = files.create(ALICE, async (receive) => {
    await receive(pieces('content'))
    expect(onDisk()).toHaveLength(1)
    throw new Error('The name is bad')
  })
  await expect(upload).rejects.toThrow('The name is bad')
  expect(onDisk()).toEqual([])
})

test('the key that signs is made once, for the owner of the data folder alone', async () => {
  const dataDir = testFolder()
  const first = await build({ dataDir })
  const file = await first.files.create(ALICE, text('hello'))
  const key = join(dataDir, 'keys', 'files')
  expect(statSync(key).mode & 0o777).toBe(0o600)
  expect(readFileSync(key)).toHaveLength(32)
  const second = await build({ dataDir })
  expect(second.files.signedQuery(file)).toEqual(first.files.signedQuery(file))
  const other = await build()
  expect(other.files.signedQuery(file).signature).not.toBe(first.files.signedQuery(file).signature)
})

test('a damaged key stops the start, with a word on how to mend it', async () => {
  const dataDir = testFolder()
  await build({ dataDir })
  writeFileSync(join(dataDir, 'keys', 'files'), 'short')
  await expect(build({ dataDir })).rejects.toThrow(/keys\/files has 5 bytes instead of 32; put back a copy/)
  expect(existsSync(join(dataDir, 'keys', 'files'))).toBe(true)
})
