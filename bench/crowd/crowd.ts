import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Footprint } from '../../scripts/watched-server/footprint.ts'
import { startWatchedServer, type WatchedServer } from '../../scripts/watched-server/start.ts'
import { isRecord } from '../../src/is-record.ts'
import { tellingPackage } from '../packages.ts'
import { readStream, type StreamReader } from './stream-reader.ts'

export interface CrowdOptions {
  /** Streams of predictions that run: readers of each of as many predictions as there are models. */
  readers: number
  models: number
  /** Streams of predictions that wait in the queue, one reader each. */
  queued: number
  /** Requests that wait for the end of their prediction. */
  waiting: number
  /** What each of those that run says in the end, and how long it takes from one word to the next. */
  words: number
  pauseMs: number
}

export interface CrowdReport {
  /** What is wrong with what anybody got. */
  faults: string[]
  /** Before anybody came, with all there, and after all have left. */
  before: Footprint
  gathered: Footprint
  /** With what it did while all were answered. */
  after: Footprint
  descriptors: number
  /** Seconds until all were there, and from the sign to go on until all had ended. */
  gatherSeconds: number
  tellSeconds: number
}

const SHORT_WORDS = 3
/** As many requests are made at a time. */
const AT_ONCE = 50
/** Time for connections that were ended to be gone. */
const REST_MS = 1_000

/**
 * Lets a crowd of clients wait on one server, all at the same time, and then gives the sign that lets all models go on.
 * @param dir an empty folder
 */
export async function gatherCrowd(options: CrowdOptions, dir: string): Promise<CrowdReport> {
  const { readers, models, queued, waiting, words, pauseMs } = options
  const modelsDir = join(dir, 'models')
  const go = join(dir, 'go')
  const names = Array.from({ length: models }, (_, index) => tellingPackage(modelsDir, `running-${index}`))
  const queueing = tellingPackage(modelsDir, 'queueing')
  const synchronous = tellingPackage(modelsDir, 'synchronous')
  const server = await startWatchedServer({
    DATA_DIR: join(dir, 'data'),
    MODELS_DIR: modelsDir,
    BUNDLED_MODELS: 'off',
    LOG_LEVEL: 'warn',
  })
  try {
    const before = await settledFootprint(server)
    const begin = performance.now()
    const long = { go, words, pause_ms: pauseMs }
    const short = { go, words: SHORT_WORDS }
    // Those who wait for their answer come last: nobody waits for longer than a minute.
    const streams = await inTurns(names, async (name) => streamOf(await create(server, name, long)))
    const runningReaders = await inTurns(Array.from({ length: readers }), (_, index) =>
      open(streams[index % streams.length] ?? '', textOf(words)),
    )
    const queuedReaders = await inTurns(Array.from({ length: queued }), async () =>
      open(streamOf(await create(server, queueing, short)), textOf(SHORT_WORDS)),
    )
    const answers = Array.from({ length: waiting }, () => waitForEnd(server, synchronous, short))
    await allQueued(server, queued - 1 + waiting - 1)
    const gatherSeconds = (performance.now() - begin) / 1000
    const gathered = await server.footprint()
    const descriptors = server.descriptors().length

    const sign = performance.now()
    writeFileSync(go, '')
    const told = await Promise.all([...runningReaders, ...queuedReaders].map(({ fault }) => fault))
    const answered = await Promise.all(answers)
    const tellSeconds = (performance.now() - sign) / 1000
    const { lagMs, cpuSeconds } = await server.footprint()
    const after = { ...(await settledFootprint(server)), lagMs, cpuSeconds }
    const faults = [
      ...told.flatMap((fault) => (fault === undefined ? [] : [`a stream ${fault}`])),
      ...answered.flatMap((fault) => (fault === undefined ? [] : [`a wait ${fault}`])),
      ...server.printed.map((line) => `the server logged ${line}`),
    ]
    return { faults, before, gathered, after, descriptors, gatherSeconds, tellSeconds }
  } finally {
    await server.stop()
  }
}

function textOf(words: number): string {
  return `begin ${Array.from({ length: words }, (_, index) => `word-${index} `).join('')}`
}

async function open(url: string, expected: string): Promise<StreamReader> {
  const reader = readStream(url, expected)
  await reader.opened
  return reader
}

async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let at = 0; at < items.length; at += AT_ONCE)
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map((item, i) => work(item, at + i)))))
  return results
}

type Answer = Record<string, unknown>

async function create({ address }: WatchedServer, model: string, input: object, prefer?: string) {
  const sent = request(`${address}/v1/models/${model}/predictions`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', ...(prefer === undefined ? {} : { prefer }) },
  })
  sent.end(JSON.stringify({ input }))
  return new Promise<Answer & { code: number }>((resolve, reject) => {
    sent.on('error', reject)
    sent.on('response', async (response) => {
      let text = ''
      for await (const piece of response.setEncoding('utf8')) text += piece
      const answer: unknown = JSON.parse(text)
      resolve({ ...(isRecord(answer) ? answer : {}), code: response.statusCode ?? 0 })
    })
  })
}

function streamOf({ urls }: Answer): string {
  return isRecord(urls) ? String(urls.stream) : ''
}

/** @returns what is wrong with the answer */
async function waitForEnd(server: WatchedServer, model: string, input: object): Promise<string | undefined> {
  const { code, status, output } = await create(server, model, input, 'wait')
  if (code !== 201 || status !== 'succeeded') return `was answered ${code} with a prediction that is ${status}`
  const text = Array.isArray(output) ? output.join('') : ''
  return text === textOf(SHORT_WORDS) ? undefined : `was answered ${JSON.stringify(output)}`
}

async function allQueued({ address }: WatchedServer, count: number): Promise<void> {
  for (;;) {
    const runners: unknown = await (await fetch(`${address}/v1/runners`)).json()
    if (isRecord(runners) && runners.queued === count) return
    await sleep(100)
  }
}

async function settledFootprint(server: WatchedServer): Promise<Footprint> {
  await sleep(REST_MS)
  return server.footprint()
}
