import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setImmediate as nextTurn } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Statement, WriterOptions } from '../../src/db/messages.ts'
import { configureConnection, openReader } from '../../src/db/open.ts'
import { Writer } from '../../src/db/writer.ts'
import { testFolder } from '../support/temporary.ts'

const STATEMENTS = {
  insert: 'INSERT INTO notes (id, text) VALUES (?, ?)',
  update: 'UPDATE notes SET text = ? WHERE id = ?',
  remove: 'DELETE FROM notes',
  // The database keeps the pages it has and gets no more: what a full disk does.
  fill: 'PRAGMA max_page_count = 1',
  free: 'PRAGMA max_page_count = 1000000000',
}

function setUp(options: Partial<Pick<WriterOptions, 'commitDelayMs' | 'durability'>> = {}) {
  const path = join(testFolder(), 'notes.sqlite')
  const db = new Database(path)
  db.pragma('auto_vacuum = INCREMENTAL')
  configureConnection(db, 'full')
  db.exec('CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)')
  db.close()
  const writer = new Writer({ path, statements: STATEMENTS, durability: 'normal', ...options })
  const reader = openReader(path)
  onTestFinished(async () => {
    reader.close()
    await writer.close()
  })
  const count = reader.prepare<[], number>('SELECT count(*) FROM notes').pluck()
  const ids = reader.prepare<[], number>('SELECT id FROM notes ORDER BY rowid').pluck()
  return { path, writer, reader, count: () => count.get(), ids: () => ids.all() }
}

function insert(id: number, content = 'text'): Statement {
  return { name: 'insert', parameters: [id, content] }
}

const fill = [{ name: 'fill', parameters: [] }]
const free = [{ name: 'free', parameters: [] }]
const LARGE = randomBytes(100_000).toString('hex')

describe('groups', () => {
  test('what is submitted in one turn of the event loop commits together', async () => {
    const { writer, count } = setUp()
    const seen = await Promise.all(range(100).map(async (id) => writer.submit([insert(id)]).then(count)))
    expect(new Set(seen)).toEqual(new Set([100]))
  })

  test('what is submitted while a commit runs is one group, however many turns it took', async () => {
    const { path, writer, count } = setUp({ commitDelayMs: 1 })
    const other = new Database(path)
    other.exec('BEGIN IMMEDIATE')
    const seen = [writer.submit([insert(0)]).then(count)]
    for (const id of range(50)) {
      await nextTurn()
      seen.push(writer.submit([insert(id + 1)]).then(count))
    }
    other.exec('ROLLBACK')
    other.close()
    expect(await Promise.all(seen)).toEqual([1, ...range(50).map(() => 51)])
  })

  test('nothing is acknowledged before another connection can read it', async () => {
    const { path, writer } = setUp({ commitDelayMs: 5 })
    for (const id of range(10)) {
      const acknowledged = writer.submit([insert(id)])
      await acknowledged
      const other = openReader(path)
      expect(other.prepare('SELECT id FROM notes WHERE id = ?').pluck().get(id)).toBe(id)
      other.close()
    }
  })

  test('writes of a group apply in the order they were submitted', async () => {
    const { writer, reader } = setUp()
    const texts = range(20).map(String)
    await Promise.all([
      writer.submit([insert(1, 'first')]),
      ...texts.map((latest) => writer.submit([{ name: 'update', parameters: [latest, 1], expect: 1 }])),
    ])
    expect(reader.prepare('SELECT text FROM notes').pluck().get()).toBe('19')
  })

  test('the statements of a write commit together or not at all', async () => {
    const { writer, ids } = setUp()
    await writer.submit([insert(1), insert(2)])
    await expect(writer.submit([insert(3), insert(1)])).rejects.toMatchObject({ code: 'conflict' })
    expect(ids()).toEqual([1, 2])
  })
})

describe('a bad write', () => {
  test('fails alone, and the others of its group commit', async () => {
    const { writer, ids } = setUp()
    await writer.submit([insert(3)])
    const results = await Promise.allSettled(range(6).map((id) => writer.submit([insert(id)])))
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual([true, true, true, false, true, true])
    expect(ids()).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('of several, each fails with its own reason', async () => {
    const { writer, ids } = setUp()
    const outcomes = await Promise.allSettled([
      writer.submit([insert(1)]),
      writer.submit([insert(1)]),
      writer.submit([{ name: 'update', parameters: ['x', 99], expect: 1 }]),
      writer.submit([{ name: 'nothing-of-this-name', parameters: [] }]),
      writer.submit([insert(2)]),
    ])
    expect(
      outcomes.map((outcome) => (outcome.status === 'rejected' ? String(outcome.reason.cause) : 'committed')),
    ).toEqual([
      'committed',
      'Error: SQLITE_CONSTRAINT_PRIMARYKEY: UNIQUE constraint failed: notes.id',
      'Error: REPRISE_ROWS_MISMATCH: update changed 0 rows instead of 1',
      'Error: Error: No statement is named nothing-of-this-name',
      'committed',
    ])
    expect(ids()).toEqual([1, 2])
  })

  test('that changes another number of rows than expected is a conflict and leaves nothing behind', async () => {
    const { writer, ids } = setUp()
    await writer.submit([insert(1), insert(2)])
    const mismatch = [insert(3), { name: 'remove', parameters: [], expect: 1 }]
    await expect(writer.submit(mismatch)).rejects.toMatchObject({ code: 'conflict' })
    expect(ids()).toEqual([1, 2])
  })

  test('does not count as trouble with the disk', async () => {
    const { writer } = setUp()
    await writer.submit([insert(1)])
    await expect(writer.submit([insert(1)])).rejects.toMatchObject({ code: 'conflict' })
    expect(writer.failing).toBe(false)
  })
})

describe('a full disk', () => {
  test('refuses what does not fit and says when to try again', async () => {
    const { writer, ids } = setUp()
    await writer.submit(fill)
    await expect(writer.submit([insert(1, LARGE)])).rejects.toMatchObject({
      code: 'unavailable',
      retryAfterSeconds: 5,
      cause: { message: 'SQLITE_FULL: database or disk is full' },
    })
    expect(writer.failing).toBe(true)
    expect(ids()).toEqual([])
  })

  test('refuses only what does not fit: the rest of the group commits', async () => {
    const { writer, ids } = setUp()
    await writer.submit(fill)
    const results = await Promise.allSettled([
      writer.submit([insert(1)]),
      writer.submit([insert(2, LARGE)]),
      writer.submit([insert(3)]),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(ids()).toEqual([1, 3])
  })

  test('keeps new work away for a second: who asks then finds out whether there is room again', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const { writer } = setUp()
    await writer.submit(fill)
    await expect(writer.submit([insert(1, LARGE)])).rejects.toMatchObject({ code: 'unavailable' })
    vi.advanceTimersByTime(999)
    expect(writer.failing).toBe(true)
    vi.advanceTimersByTime(1)
    expect(writer.failing).toBe(false)
  })

  test('is over when there is room again', async () => {
    const { writer, ids } = setUp()
    await writer.submit(fill)
    await expect(writer.submit([insert(1, LARGE)])).rejects.toMatchObject({ code: 'unavailable' })
    await writer.submit(free)
    await writer.submit([insert(1, LARGE)])
    expect(writer.failing).toBe(false)
    expect(ids()).toEqual([1])
  })
})

describe('chores', () => {
  const freePages = (reader: Database.Database) => reader.pragma('freelist_count', { simple: true })

  test('give free pages back, so many at once, between the writes of others', async () => {
    const { writer, reader, ids } = setUp()
    await Promise.all(range(20).map((id) => writer.submit([insert(id, LARGE)])))
    await writer.submit([{ name: 'remove', parameters: [] }])
    const free = Number(freePages(reader))
    expect(free).toBeGreaterThan(500)
    const done = writer.do({ chore: 'give-back', pages: 100 })
    await Promise.all([writer.submit([insert(1)]), done, writer.submit([insert(2)])])
    expect(freePages(reader)).toBe(free - 100)
    expect(ids()).toEqual([1, 2])
  })

  test('empty the log, but not while a reader needs it, and nobody waits for that', async () => {
    const { path, writer, reader } = setUp()
    const logBytes = () => statSync(`${path}-wal`).size
    reader.exec('BEGIN')
    reader.prepare('SELECT count(*) FROM notes').get()
    await writer.submit([insert(1, LARGE)])
    await writer.do({ chore: 'empty-log' })
    expect(logBytes()).toBeGreaterThan(100_000)
    reader.exec('COMMIT')
    await writer.do({ chore: 'empty-log' })
    expect(logBytes()).toBe(0)
  })

  test('that cannot be done say so, and leave the writer well', async () => {
    const { path, writer, ids } = setUp()
    const other = new Database(path)
    other.exec('BEGIN IMMEDIATE')
    const done = writer.do({ chore: 'give-back', pages: 1 })
    await expect(done).rejects.toMatchObject({ code: 'unavailable' })
    other.close()
    await writer.submit([insert(1)])
    expect(ids()).toEqual([1])
  }, 15_000)

  test('are refused after the end', async () => {
    const { writer } = setUp()
    const done = writer.do({ chore: 'empty-log' })
    await writer.close()
    await done
    await expect(writer.do({ chore: 'empty-log' })).rejects.toMatchObject({ code: 'unavailable' })
  })
})

test('idle is who has written nothing for a while and is about to write nothing', async () => {
  const { writer } = setUp()
  expect(writer.isIdleFor(60_000)).toBe(true)
  const written = writer.submit([insert(1)])
  expect(writer.isIdleFor(0)).toBe(false)
  await written
  expect(writer.isIdleFor(0)).toBe(true)
  expect(writer.isIdleFor(60_000)).toBe(false)
})

describe('closing', () => {
  test('commits what was submitted before', async () => {
    const { path, writer } = setUp({ commitDelayMs: 20 })
    const writes = range(5).map((id) => writer.submit([insert(id)]))
    await writer.close()
    await Promise.all(writes)
    const reader = openReader(path)
    expect(reader.prepare('SELECT count(*) FROM notes').pluck().get()).toBe(5)
    reader.close()
  })

  test('refuses what comes while it waits for the last commit, and leaves nobody waiting', async () => {
    const { writer, count } = setUp({ commitDelayMs: 50 })
    const before = writer.submit([insert(1)])
    const closed = writer.close()
    await nextTurn()
    await expect(writer.submit([insert(2)])).rejects.toMatchObject({ code: 'unavailable' })
    await before
    await closed
    expect(count()).toBe(1)
  })

  test('refuses what comes after', async () => {
    const { writer } = setUp()
    await writer.close()
    await expect(writer.submit([insert(1)])).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The database is closed',
    })
    await writer.close()
  })

  test('folds the log into the database once the last reader is gone', async () => {
    const { path, writer, reader } = setUp()
    await writer.submit([insert(1)])
    reader.close()
    await writer.close()
    const db = new Database(path, { fileMustExist: true, readonly: true })
    expect(db.prepare('SELECT count(*) FROM notes').pluck().get()).toBe(1)
    db.close()
  })
})

test('settled waits for all that was submitted, good or bad', async () => {
  const { writer, ids } = setUp({ commitDelayMs: 5 })
  const outcomes: string[] = []
  for (const id of [1, 2, 1])
    writer.submit([insert(id)]).then(
      () => outcomes.push('committed'),
      () => outcomes.push('refused'),
    )
  await writer.settled()
  expect(ids()).toEqual([1, 2])
  await nextTurn()
  expect(outcomes).toEqual(['committed', 'committed', 'refused'])
})

test('settled resolves at once when nothing is under way', async () => {
  const { writer } = setUp()
  await writer.settled()
  await writer.submit([])
  await writer.settled()
})

test('a thread that dies takes its process with it: without it nothing can be kept', async () => {
  const dir = testFolder()
  const program = join(dir, 'program.mjs')
  const source = `
    import { Writer } from ${JSON.stringify(new URL('../../src/db/writer.ts', import.meta.url).href)}
    new Writer({ path: import.meta.dirname, statements: {}, durability: 'full' })
    setInterval(() => {}, 1e6)`
  writeFileSync(program, source)
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'ignore', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [[code], printed] = await Promise.all([once(child, 'exit'), text(child.stderr)])
  expect(code).toBe(1)
  expect(printed).toContain('unable to open database file')
})

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
