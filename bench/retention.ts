import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { fillWithPredictions } from './ended-predictions.ts'
import { helloRequest } from './hello.ts'
import { removeFolder, startReprise, temporaryFolder } from './processes.ts'
import { line, median, ms, rate, ratio, title } from './report.ts'
import { type Load, load } from './wrk.ts'

const ROWS = 200_000
const ROUNDS = 3
const SECONDS = 4
const CONNECTIONS = 8
const READERS = 2
const FILE = 'reprise.sqlite'
/** So much of output and input that the rows are as large as those of a model of texts. */
const TEXT = 'a word or two of '.repeat(40)

interface Turn {
  creates: Load
  gets: Load
  /** Rows, or pages, that went while the load was on. */
  done: number
}

interface Work {
  flags: readonly string[]
  /** The database it begins with. */
  of: 'with data' | 'without data' | 'with free pages'
  /** What is left to be done of it. */
  left: string
  /** Asked for at the begin of the load. */
  post?: string
}

const OFF = ['--retention', 'off', '--record-retention', 'off']
const WORKS: Record<string, Work> = {
  'data goes (RETENTION)': {
    flags: ['--record-retention', 'off'],
    of: 'with data',
    left: 'SELECT count(*) FROM predictions WHERE data_removed = 0 AND completed_at < 1800000000000',
  },
  'rows go (RECORD_RETENTION)': {
    flags: ['--retention', 'off'],
    of: 'without data',
    left: 'SELECT count(*) FROM predictions WHERE data_removed = 1',
  },
  'pages go (reprise vacuum)': { flags: OFF, of: 'with free pages', left: 'PRAGMA freelist_count', post: '/v1/vacuum' },
}

/** Sync creates and GETs while sweeps go over a large database, in turns with the same load and no sweep. */
export async function retention(): Promise<void> {
  title(`sync hello-world at ${CONNECTIONS} connections, GETs at ${READERS}, over ${ROWS} ended predictions`)
  const dir = temporaryFolder()
  const databases = await makeDatabases(dir)
  line('', 'creates p99', 'without', 'of it', 'GET p99', 'without', 'gone per second', 'creates')
  try {
    for (const [name, work] of Object.entries(WORKS)) {
      const turns: { quiet: Turn; swept: Turn }[] = []
      for (let i = 0; i < ROUNDS; i++)
        turns.push({
          quiet: await measure(dir, databases[work.of], { ...work, flags: OFF, post: '' }),
          swept: await measure(dir, databases[work.of], work),
        })
      const middle = (of: (turn: { quiet: Turn; swept: Turn }) => number) => median(turns.map(of))
      line(
        name,
        ms(middle(({ swept }) => swept.creates.p99Ms)),
        ms(middle(({ quiet }) => quiet.creates.p99Ms)),
        `${ratio(middle(({ quiet, swept }) => swept.creates.p99Ms / quiet.creates.p99Ms))} x`,
        ms(middle(({ swept }) => swept.gets.p99Ms)),
        ms(middle(({ quiet }) => quiet.gets.p99Ms)),
        rate(middle(({ swept }) => swept.done / SECONDS)),
        ratio(middle(({ quiet, swept }) => swept.creates.perSecond / quiet.creates.perSecond)),
      )
    }
  } finally {
    removeFolder(dir)
  }
}

async function makeDatabases(dir: string): Promise<Record<Work['of'], string>> {
  const dirs = { 'with data': join(dir, 'a'), 'without data': join(dir, 'b'), 'with free pages': join(dir, 'c') }
  // The first start makes the database.
  await (await startReprise(dirs['with data'], OFF)).stop()
  const path = (kind: Work['of']) => join(dirs[kind], FILE)
  fillWithPredictions(path('with data'), ROWS, { output: TEXT, input: { text: TEXT } })
  for (const kind of ['without data', 'with free pages'] as const) {
    mkdirSync(dirs[kind])
    copyFileSync(path('with data'), path(kind))
  }
  change(path('without data'), `UPDATE predictions SET data_removed = 1, input = '{}', output = NULL`)
  change(path('with free pages'), 'DELETE FROM predictions WHERE rowid < 150000')
  return dirs
}

function change(path: string, sql: string): void {
  const db = new Database(path)
  db.exec(sql)
  db.close()
}

async function measure(dir: string, from: string, { flags, left, post }: Work): Promise<Turn> {
  const dataDir = join(dir, 'turn')
  mkdirSync(dataDir)
  copyFileSync(join(from, FILE), join(dataDir, FILE))
  const server = await startReprise(dataDir, flags)
  const db = new Database(join(dataDir, FILE), { readonly: true })
  const count = db.prepare<[], number>(left).pluck()
  try {
    const body = { scratchDir: dataDir, ...helloRequest }
    await load(`${server.address}/v1/predictions`, CONNECTIONS, 1, body)
    const made = await fetch(`${server.address}/v1/predictions`, { method: 'POST', ...helloRequest })
    const { id }: { id?: unknown } = Object(await made.json())
    const before = count.get() ?? 0
    const asked = post ? fetch(server.address + post, { method: 'POST' }) : undefined
    const readerDir = join(dataDir, 'reader')
    mkdirSync(readerDir)
    const [creates, gets] = await Promise.all([
      load(`${server.address}/v1/predictions`, CONNECTIONS, SECONDS, body),
      load(`${server.address}/v1/predictions/${id}`, READERS, SECONDS, { scratchDir: readerDir }),
    ])
    const after = count.get() ?? 0
    await asked
    return { creates, gets, done: before - after }
  } finally {
    db.close()
    await server.stop()
    removeFolder(dataDir)
  }
}
