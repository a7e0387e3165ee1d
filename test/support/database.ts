import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { onTestFinished } from 'vitest'
import type { WriterOptions } from '../../src/db/messages.ts'
import { openReader, prepareDatabase } from '../../src/db/open.ts'
import { Writer } from '../../src/db/writer.ts'
import { makeFolder, removeFolder } from './temporary.ts'

const MIGRATIONS = new URL('../../migrations/', import.meta.url)

type Options = Partial<Pick<WriterOptions, 'durability' | 'commitDelayMs'>>

export interface TestDatabase {
  path: string
  writer: Writer
  /** Sees only what has been committed. */
  reader: Database
  close(): Promise<void>
}

/** A migrated database with its writer; `close` removes it. */
export function openDatabase(statements: WriterOptions['statements'], options: Options = {}): TestDatabase {
  const dir = makeFolder()
  const path = join(dir, 'reprise.sqlite')
  prepareDatabase(path, MIGRATIONS)
  const writer = new Writer({ path, statements, durability: 'normal', ...options })
  const reader = openReader(path)
  return {
    path,
    writer,
    reader,
    async close() {
      reader.close()
      await writer.close()
      removeFolder(dir)
    },
  }
}

/** The same, closed when the test ends. */
export function testDatabase(statements: WriterOptions['statements'], options: Options = {}): TestDatabase {
  const database = openDatabase(statements, options)
  onTestFinished(() => database.close())
  return database
}
