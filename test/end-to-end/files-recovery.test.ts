/**
 * The server is killed without warning while files come in and go out. Whatever URL of a file anybody was told serves
 * exactly the right bytes, or nothing because the run was interrupted; what was accepted runs with all its files; and
 * no file stays that nothing refers to.
 */
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { InputPart } from '../../src/predictions/input-part.ts'
import { INTERRUPTED, type ServedFile } from '../../src/predictions/prediction.ts'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { openCopy, openDatabase } from '../support/data-folder.ts'
import { type DescribedFile, described, descriptionOf } from '../support/described-files.ts'
import { endingOf, readEvents, readToEnd, streamUrlOf } from '../support/event-reader.ts'
import { eventually } from '../support/eventually.ts'
import { filesOf, foldersIn } from '../support/prediction-folders.ts'
import { Random } from '../support/random.ts'
import { create, endOf, find, post } from '../support/requests.ts'
import type { ServerProcess } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess } from '../support/test-server.ts'
import { serve } from '../support/web-server.ts'
import { bodyOf } from '../support/wire.ts'

const ROUNDS = 6
const LONGEST_PAUSE_MS = 500
const MOST_AWAITED = 80
const SETTINGS = { BUNDLED_MODELS: 'off', MODELS_DIR: someModels('makes-files', 'streams-files', 'describes-files') }
const STREAMED = 40

/** Contents of a URL of a file, and who told it. */
interface Told {
  id: string
  content: string
  /** Told by an answer, so that it was on disk with its row; else by an event of a stream. */
  durable: boolean
}

/** Sends predictions with files until the server is gone, and keeps what it was told. */
class Load {
  readonly #random: Random
  readonly #site: string
  #count = 0
  /** By the path of the URL: the port changes with each server. */
  readonly told = new Map<string, Told>()
  /** What each accepted prediction has to say of its input files. */
  readonly expected = new Map<string, DescribedFile[]>()
  readonly accepted = new Set<string>()
  readonly #events = new EventTarget()

  constructor(random: Random, site: string) {
    this.#random = random
    this.#site = site
  }

  /** Ends when the server does. */
  async run(server: ServerProcess): Promise<void> {
    const clients = [this.#stream, this.#stream, this.#make, this.#describe, this.#describe]
    await Promise.all(clients.map((client) => this.#repeat(() => client.call(this, server))))
  }

  async #repeat(client: () => Promise<boolean>): Promise<void> {
    while (await client());
  }

  async #stream(server: ServerProcess): Promise<boolean> {
    const size = 10 + this.#random.below(50_000)
    const created = await this.#create(server, 'test/streams-files', { count: STREAMED, size })
    if (!created) return false
    let seen = 0
    try {
      for await (const { event, data } of readEvents(streamUrlOf(created)))
        if (event === 'output')
          this.#tell(data, { id: created.id, content: `file ${seen++}`.padEnd(size, '.'), durable: false })
    } catch {
      return false
    }
    return seen === STREAMED
  }

  async #make(server: ServerProcess): Promise<boolean> {
    const label = `made ${this.#count++}`
    const size = 10 + this.#random.below(200_000)
    const input = { shape: 'array', count: 4, content: label, size }
    const created = await this.#create(server, 'test/makes-files', input, { prefer: 'wait' })
    if (!created) return false
    const urls = Array.isArray(created.output) ? created.output : []
    for (const [index, url] of urls.entries())
      this.#tell(String(url), { id: created.id, content: `${label} ${index}`.padEnd(size, '.'), durable: true })
    return true
  }

  async #describe(server: ServerProcess): Promise<boolean> {
    const [small, large, uploaded] = [10, 100_000, 1 + this.#random.below(300_000)].map((size) =>
      Buffer.from(`${this.#count++}`.padEnd(size, '-')),
    )
    if (!small || !large || !uploaded) return false
    const upload = await server.client.files
      .create(new File([new Uint8Array(uploaded)], 'up.bin', { type: 'image/x-test' }))
      .catch(() => undefined)
    if (!upload) return false
    const files: [url: string, expected: DescribedFile][] = [
      [upload.urls.get, described(uploaded, 'up.bin', 'image/x-test')],
      [dataUri(large), described(large, 'files-1.bin', 'image/x-test')],
      [`${this.#site}/${this.#count}`, described(webPage(`/${this.#count}`), `${this.#count}`, 'image/x-test')],
      [dataUri(small), described(small, 'files-3.bin', 'image/x-test')],
    ]
    const created = await this.#create(server, 'test/describes-files', { files: files.map(([url]) => url) })
    if (!created) return false
    this.expected.set(
      created.id,
      files.map(([, expected]) => expected),
    )
    await server.client.files.delete(upload.id).catch(() => {})
    return true
  }

  async #create(
    server: ServerProcess,
    model: string,
    input: Record<string, unknown>,
    headers: Record<string, string> = {},
  ): Promise<WirePrediction | undefined> {
    const response = await post(server, model, input, headers).catch(() => undefined)
    if (!response) return
    expect(response.status).toBeOneOf([201, 202])
    const id = response.headers.get('location')?.split('/').at(-1) ?? ''
    this.accepted.add(id)
    // The server may die in the middle of the body.
    return bodyOf(response).catch(() => undefined)
  }

  #tell(url: string, told: Told): void {
    this.told.set(new URL(url).pathname, told)
    this.#events.dispatchEvent(new Event('told'))
  }

  /** Resolves when that many files more have been told of. */
  async more(count: number): Promise<void> {
    const goal = this.told.size + count
    while (this.told.size < goal) await once(this.#events, 'told')
  }
}

function dataUri(bytes: Buffer): string {
  return `data:image/x-test;base64,${bytes.toString('base64')}`
}

function webPage(path: string): Buffer {
  return Buffer.from(path.repeat(20_000))
}

/** Pages that come in pieces, so that a kill finds some of them half way. */
async function slowPages(): Promise<string> {
  const { port } = await serve(async ({ url = '' }, response) => {
    const page = webPage(url)
    response.writeHead(200, { 'content-type': 'image/x-test', 'content-length': page.length })
    for (let at = 0; at < page.length && !response.destroyed; at += 16_384) {
      response.write(page.subarray(at, at + 16_384))
      await sleep(5)
    }
    response.end()
  })
  return `http://127.0.0.1:${port}`
}

/**
 * Each URL serves what it was told to, or the run of its file was interrupted before the file was kept.
 * @returns how many are still served
 */
async function expectKept(server: ServerProcess, told: Iterable<[path: string, told: Told]>): Promise<number> {
  let kept = 0
  for (const [path, { id, content, durable }] of told) {
    const response = await fetch(server.address + path)
    const body = await response.text()
    if (response.status === 200) {
      expect(hash('sha256', body), `content of ${path}`).toBe(hash('sha256', content))
      expect(response.headers.get('content-length')).toBe(String(content.length))
      kept++
      continue
    }
    expect({ path, status: response.status, durable }).toEqual({ path, status: 404, durable: false })
    const { status, error, output } = await find(server, id)
    expect({ status, error }).toEqual({ status: 'failed', error: INTERRUPTED })
    expect(JSON.stringify(output)).not.toContain(path)
  }
  return kept
}

/** What is on disk is what the rows name. */
function expectAllReferenced(dataDir: string): void {
  interface Row {
    id: string
    input_parts: string | null
    output_files: string | null
  }
  const db = openCopy(dataDir)
  try {
    const rows = db.prepare<[], Row>('SELECT id, input_parts, output_files FROM predictions').all()
    const named = new Map<string, Set<string>>()
    for (const { id, input_parts: inputs, output_files: outputs } of rows) {
      const inputParts: InputPart[] = JSON.parse(inputs ?? '[]')
      const outputFiles: ServedFile[] = JSON.parse(outputs ?? '[]')
      for (const { file, size } of outputFiles)
        expect({ id, file, size: statSync(join(dataDir, 'predictions', id, file)).size }).toEqual({ id, file, size })
      const files = new Set([...inputParts, ...outputFiles].map(({ file }) => file))
      if (files.size > 0) named.set(id, files)
    }
    expect(foldersIn(dataDir)).toEqual([...named.keys()].sort())
    for (const [id, files] of named) expect(filesOf(dataDir, id)).toEqual([...files].sort())
  } finally {
    db.close()
  }
}

test('files that were told are whole or gone, and nothing else stays', { timeout: 180_000 }, async () => {
  const random = new Random('moments of kill -9 among files')
  const dataDir = testFolder()
  const load = new Load(random, await slowPages())
  for (let round = 0; round < ROUNDS; round++) {
    const server = await testProcess(dataDir, SETTINGS)
    await expectKept(server, load.told)
    const loading = load.run(server)
    // In every other round while the inputs come in, before the runners are there.
    const moment = round % 2 === 0 ? load.more(1 + random.below(MOST_AWAITED)) : sleep(random.below(LONGEST_PAUSE_MS))
    await Promise.race([loading, moment])
    await Promise.all([loading, server.stop('SIGKILL')])
  }

  const server = await testProcess(dataDir, SETTINGS)
  const statuses = new Set<string>()
  for (const id of load.accepted) {
    const ended = await endOf(server, id)
    statuses.add(ended.status)
    if (ended.status === 'failed') expect(ended.error).toBe(INTERRUPTED)
    else {
      expect(ended.status).toBe('succeeded')
      const expected = load.expected.get(id)
      if (expected) expect(descriptionOf(ended).files).toEqual(expected)
    }
  }
  const kept = await expectKept(server, load.told)
  process.stdout.write(`${load.accepted.size} accepted, ${kept} of ${load.told.size} files that were told are kept\n`)
  expect([...statuses].sort()).toEqual(['failed', 'succeeded'])
  expect(kept).toBeGreaterThan(0)
  expect(load.expected.size).toBeGreaterThan(0)
  await eventually(() => expectAllReferenced(dataDir))
  expect(await server.stop('SIGTERM')).toBe(0)
})

test('of an interrupted stream, the files that were stored are served, and told again', async () => {
  const dataDir = testFolder()
  const first = await testProcess(dataDir, SETTINGS)
  const { id } = await create(first, 'test/streams-files', { count: 4, hang_after: 3, size: 1_000 })
  const db = openDatabase(dataDir)
  const stored = db
    .prepare<[], number>("SELECT sum(json_array_length(data, '$.output')) FROM prediction_chunks")
    .pluck()
  await eventually(() => expect(stored.get()).toBe(3))
  db.close()
  await first.stop('SIGKILL')

  const second = await testProcess(dataDir, SETTINGS)
  const prediction = await find(second, id)
  expect(prediction).toMatchObject({ status: 'failed', error: INTERRUPTED })
  const urls = Array.isArray(prediction.output) ? prediction.output.map(String) : []
  const contents = await Promise.all(urls.map(async (url) => (await fetch(url)).text()))
  expect(contents).toEqual(['file 0', 'file 1', 'file 2'].map((content) => content.padEnd(1_000, '.')))

  const events = await readToEnd(streamUrlOf(prediction))
  expect(events.slice(0, 3).map(({ data }) => data)).toEqual(urls)
  expect(endingOf(events)).toEqual([
    ['error', { detail: INTERRUPTED }],
    ['done', { reason: 'error' }],
  ])
  await eventually(() => expectAllReferenced(dataDir))
})
