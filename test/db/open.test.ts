import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { configureConnection, lockDataDir, openReader, prepareDatabase } from '../../src/db/open.ts'
import { testFolder } from '../support/temporary.ts'

const MIGRATIONS = new URL('../../migrations/', import.meta.url)
const OPEN = new URL('../../src/db/open.ts', import.meta.url)

test('a new database is read by nobody else', () => {
  const path = join(testFolder(), 'reprise.sqlite')
  prepareDatabase(path, MIGRATIONS)
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

describe('the lock of a data folder', () => {
  const inUse = (dir: string) =>
    expect.objectContaining({ code: 'configuration', message: expect.stringContaining(`${dir} is in use`) })

  test('is held by one at a time, and can be taken again once it is given back', () => {
    const dir = testFolder()
    const first = lockDataDir(dir)
    expect(() => lockDataDir(dir)).toThrow(inUse(dir))
    first.close()
    lockDataDir(dir).close()
  })

  test('says which setting helps', () => {
    const dir = testFolder()
    const lock = lockDataDir(dir)
    expect(() => lockDataDir(dir)).toThrow('REPRISE_DATA_DIR')
    lock.close()
  })

  test('makes the folder, which others cannot enter, and leaves one that is there as it is', () => {
    const parent = join(testFolder(), 'new')
    const modeOf = (path: string) => statSync(path).mode & 0o777
    lockDataDir(join(parent, 'folder')).close()
    expect(modeOf(join(parent, 'folder'))).toBe(0o700)
    chmodSync(join(parent, 'folder'), 0o750)
    lockDataDir(join(parent, 'folder')).close()
    expect(modeOf(join(parent, 'folder'))).toBe(0o750)
    expect(modeOf(parent)).toBe(0o777 & ~process.umask())
  })

  test('says whose the folder has to be where that is what is wrong', () => {
    const dir = testFolder()
    chmodSync(dir, 0o500)
    // Root may write everywhere, and becomes somebody else.
    const source = `
      import { lockDataDir } from ${JSON.stringify(OPEN.href)}
      if (process.getuid() === 0) process.setuid(65534)
      try { lockDataDir(process.argv[1]) } catch ({ message }) { process.stdout.write(message + process.getuid()) }`
    const told = execFileSync(process.execPath, ['--input-type=module', '--eval', source, dir], { encoding: 'utf8' })
    expect(told).toMatch(/^The data folder \S+ is closed to the user of this server, (\d+) \(EACCES.*_DATA_DIR.*\D\1$/)
  })

  test('of one folder does not keep anybody from another', () => {
    const locks = [lockDataDir(testFolder()), lockDataDir(testFolder())]
    for (const lock of locks) lock.close()
  })

  test('keeps out another process, and is freed when its holder is killed', async () => {
    const dir = testFolder()
    const source = `
      import { lockDataDir } from ${JSON.stringify(OPEN.href)}
      globalThis.lock = lockDataDir(process.argv[1])
      process.stdout.write('locked')
      setInterval(() => {}, 1e6)`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', source, dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    expect(() => lockDataDir(dir)).toThrow(inUse(dir))
    child.kill('SIGKILL')
    await once(child, 'exit')
    lockDataDir(dir).close()
  })

  test('that cannot be taken for another reason does not blame another server', () => {
    const dir = testFolder()
    writeFileSync(join(dir, 'lock.sqlite'), 'not a database, and longer than the header of one '.repeat(10))
    expect(() => lockDataDir(dir)).not.toThrow('in use')
    expect(() => lockDataDir(dir)).toThrow(dir)
  })

  test.each(['a file', 'a file/below'])('names the setting when the folder is %s', (path) => {
    const dir = testFolder()
    writeFileSync(join(dir, 'a file'), '')
    expect(() => lockDataDir(join(dir, path))).toThrow(
      expect.objectContaining({ code: 'configuration', message: expect.stringContaining('REPRISE_DATA_DIR') }),
    )
  })
})

describe('a new database', () => {
  function prepare(): string {
    const path = join(testFolder(), 'reprise.sqlite')
    prepareDatabase(path, MIGRATIONS)
    return path
  }

  test('can give pages back to the disk, and keeps a log', () => {
    const reader = openReader(prepare())
    const INCREMENTAL = 2
    expect(reader.pragma('auto_vacuum', { simple: true })).toBe(INCREMENTAL)
    expect(reader.pragma('journal_mode', { simple: true })).toBe('wal')
    reader.close()
  })

  test('has every table', () => {
    const reader = openReader(prepare())
    const tables = reader.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck().all()
    expect(tables).toEqual(expect.arrayContaining(['predictions', 'prediction_chunks', 'models', 'versions']))
    reader.close()
  })

  test('can be prepared again without harm', () => {
    const path = prepare()
    const writer = new Database(path)
    writer.exec(`INSERT INTO models (name, created_at, run_count) VALUES ('a/b', 1, 2)`)
    writer.close()
    prepareDatabase(path, MIGRATIONS)
    const reader = openReader(path)
    expect(reader.prepare('SELECT run_count FROM models').pluck().get()).toBe(2)
    reader.close()
  })

  test('cannot be written through a reader', () => {
    const reader = openReader(prepare())
    expect(() => reader.exec(`INSERT INTO models (name, created_at, run_count) VALUES ('a/b', 1, 2)`)).toThrow(
      'readonly',
    )
    reader.close()
  })

  test('cannot be read before it is there', () => {
    const dir = testFolder()
    mkdirSync(join(dir, 'empty'))
    expect(() => openReader(join(dir, 'empty', 'reprise.sqlite'))).toThrow('unable to open')
  })
})

test.each([
  ['full', 2],
  ['normal', 1],
] as const)('durability %s sets how often the log is synced', (durability, synchronous) => {
  const db = new Database(join(testFolder(), 'any.sqlite'))
  configureConnection(db, durability)
  expect(db.pragma('synchronous', { simple: true })).toBe(synchronous)
  expect(db.pragma('foreign_keys', { simple: true })).toBe(1)
  db.close()
})

test('a database that is damaged is refused by its path, with advice', () => {
  const path = join(testFolder(), 'reprise.sqlite')
  writeFileSync(path, randomBytes(9_000))
  expect(() => prepareDatabase(path, MIGRATIONS)).toThrow(
    new RegExp(`The database ${path} cannot be used: file is not a database; put back a copy .* REPRISE_DATA_DIR`),
  )
})
