import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { testFolder } from '../support/temporary.ts'

function folderOf(files: Record<string, string>): URL {
  const dir = join(testFolder(), 'migrations')
  mkdirSync(dir)
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(dir, name), sql)
  return pathToFileURL(`${dir}/`)
}

function memory(): Database.Database {
  const db = new Database(':memory:')
  onTestFinished(() => void db.close())
  return db
}

function tablesOf(db: Database.Database): unknown[] {
  return db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid`).pluck().all()
}

function appliedTo(db: Database.Database): unknown[] {
  return db.prepare('SELECT number, name FROM migrations ORDER BY number').raw().all()
}

const ONE = { '0001_cats.sql': 'CREATE TABLE cats (name TEXT); INSERT INTO cats VALUES (1);' }
const TWO = { ...ONE, '0002_dogs.sql': 'CREATE TABLE dogs (name TEXT); INSERT INTO dogs SELECT name FROM cats;' }

test('files are applied in the order of their numbers and remembered by name', () => {
  const db = memory()
  migrate(db, folderOf(TWO))
  expect(tablesOf(db)).toEqual(['migrations', 'cats', 'dogs'])
  expect(db.prepare('SELECT count(*) FROM dogs').pluck().get()).toBe(1)
  expect(appliedTo(db)).toEqual([
    [1, '0001_cats.sql'],
    [2, '0002_dogs.sql'],
  ])
})

test('what has been applied is not applied again', () => {
  const db = memory()
  migrate(db, folderOf(ONE))
  migrate(db, folderOf(ONE))
  migrate(db, folderOf(TWO))
  migrate(db, folderOf(TWO))
  expect(db.prepare('SELECT count(*) FROM cats').pluck().get()).toBe(1)
  expect(appliedTo(db)).toHaveLength(2)
})

test.each([
  ['a gap', { ...ONE, '0003_birds.sql': '' }, '0003_birds.sql', 'number 2'],
  ['a first number that is not one', { '0002_dogs.sql': '' }, '0002_dogs.sql', 'number 1'],
  ['two files of one number', { ...TWO, '0002_ants.sql': '' }, '0002_dogs.sql', 'number 3'],
  ['a name of another form', { ...ONE, '2_dogs.sql': '' }, '2_dogs.sql', 'number 2'],
])('%s is refused before anything is applied', (_what, files, name, expected) => {
  const db = memory()
  const attempt = () => migrate(db, folderOf(files))
  expect(attempt).toThrow(name)
  expect(attempt).toThrow(expected)
  expect(tablesOf(db)).toEqual(['migrations'])
})

test('other files in the folder are left alone', () => {
  const db = memory()
  migrate(db, folderOf({ ...ONE, 'README.md': 'not SQL' }))
  expect(appliedTo(db)).toHaveLength(1)
})

test('a database of a newer version is refused and not touched', () => {
  const db = memory()
  migrate(db, folderOf(TWO))
  expect(() => migrate(db, folderOf(ONE))).toThrow(
    expect.objectContaining({ code: 'configuration', message: expect.stringContaining('migration 2') }),
  )
  expect(appliedTo(db)).toHaveLength(2)
})

test('a file that fails leaves those before it and nothing of itself', () => {
  const db = memory()
  const broken = { ...TWO, '0003_birds.sql': 'CREATE TABLE birds (name TEXT); INSERT INTO nowhere VALUES (1);' }
  expect(() => migrate(db, folderOf(broken))).toThrow(
    expect.objectContaining({ code: 'configuration', message: 'Migration 0003_birds.sql could not be applied' }),
  )
  expect(tablesOf(db)).toEqual(['migrations', 'cats', 'dogs'])
  expect(appliedTo(db)).toHaveLength(2)

  migrate(db, folderOf({ ...TWO, '0003_birds.sql': 'CREATE TABLE birds (name TEXT);' }))
  expect(tablesOf(db)).toEqual(['migrations', 'cats', 'dogs', 'birds'])
})

test('the error of a file that fails tells what SQLite said', () => {
  expect(() => migrate(memory(), folderOf({ '0001_wrong.sql': 'CREATE TABEL cats' }))).toThrow(
    expect.objectContaining({ cause: expect.objectContaining({ message: expect.stringContaining('TABEL') }) }),
  )
})
