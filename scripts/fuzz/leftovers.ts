import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { isUnfinished } from '../../src/durable-file.ts'

/** What is wrong with a data folder that no server uses any more: each thing in it has to belong to something. */
export function faultsOfFolder(dataDir: string): string[] {
  const database = new Database(join(dataDir, 'reprise.sqlite'), { readonly: true })
  try {
    const column = (sql: string) => new Set(database.prepare(sql).pluck().all().map(String))
    const integrity = [...column('PRAGMA integrity_check')].join(' ')
    const strays = (folder: string, known: ReadonlySet<string>) =>
      namesIn(join(dataDir, folder))
        .filter((name) => !known.has(name))
        .map((name) => `${folder}/${name} ${isUnfinished(name) ? 'is unfinished' : 'belongs to nothing'}`)
    return [
      ...(integrity === 'ok' ? [] : [`the database is damaged: ${integrity}`]),
      ...strays('files', column('SELECT id FROM files')),
      ...strays('predictions', column('SELECT id FROM predictions WHERE data_removed = 0')),
      ...strays('versions', column('SELECT content_hash FROM versions UNION SELECT content_hash FROM predictions')),
    ]
  } finally {
    database.close()
  }
}

function namesIn(dir: string): string[] {
  return existsSync(dir) ? readdirSync(dir) : []
}
