import { join } from 'node:path'
import { BEGIN, fillWithPredictions } from './ended-predictions.ts'
import { removeFolder, startReprise, temporaryFolder } from './processes.ts'
import { line, median, ms, ratio, title } from './report.ts'
import { type Load, load } from './wrk.ts'

const SIZES = [1_000, 200_000]
const ROUNDS = 3
const SECONDS = 1

/** Get by id, and list pages at the start and deep inside, in a small and a large database. */
export async function reads(): Promise<void> {
  title('reads at 1 connection')
  for (const size of SIZES) {
    const dir = temporaryFolder()
    // The first start makes the database.
    await (await startReprise(dir)).stop()
    const ids = fillWithPredictions(join(dir, 'reprise.sqlite'), size)
    const server = await startReprise(dir)
    try {
      const list = `${server.address}/v1/predictions`
      const urls = { get: `${list}/${ids[Math.floor(size / 2)]}`, first: list, deep: await pageAt(list, size) }
      const rounds: Record<keyof typeof urls, Load>[] = []
      for (let i = 0; i < ROUNDS; i++)
        rounds.push({
          get: await load(urls.get, 1, SECONDS, { scratchDir: dir }),
          first: await load(urls.first, 1, SECONDS, { scratchDir: dir }),
          deep: await load(urls.deep, 1, SECONDS, { scratchDir: dir }),
        })
      const p50 = (name: keyof typeof urls) => ms(median(rounds.map((round) => round[name].p50Ms)))
      line(`${size} rows: get by id, p50`, p50('get'))
      line(`${size} rows: first page of 100, p50`, p50('first'))
      const deepToFirst = median(rounds.map(({ first, deep }) => deep.p50Ms / first.p50Ms))
      line(`${size} rows: page near the end, p50`, p50('deep'), `${ratio(deepToFirst)} x first`)
    } finally {
      await server.stop()
      removeFolder(dir)
    }
  }
}

/** The URL of a page that lies four fifths into the list. */
async function pageAt(list: string, size: number): Promise<string> {
  const before = new Date(BEGIN + size * 200).toISOString()
  const response = await fetch(`${list}?created_before=${encodeURIComponent(before)}`)
  const { next }: { next?: unknown } = Object(await response.json())
  if (typeof next !== 'string') throw new Error('The list has no deep page')
  return next
}
