import { setTimeout as sleep } from 'node:timers/promises'
import type { WatchedServer } from '../watched-server/start.ts'
import type { Findings } from './findings.ts'
import { recordOf } from './operations.ts'
import { TOKENS, type Who } from './world.ts'

/** Runs that heed nothing end by their timeout, and processes are replaced. */
const PATIENCE_MS = 30_000
const LOOK_EVERY_MS = 200
const UNDER_WAY = ['busy', 'loading', 'ending']

/** Ends all that runs or waits, and waits until the server has nothing to do but has children that it tells of. */
export async function settle(server: WatchedServer, findings: Findings): Promise<void> {
  const { address } = server
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    let live = 0
    for (const who of ['alice', 'bob', 'carol'] as const)
      for (const list of ['predictions', 'trainings']) live += await cancelAll(address, who, `/v1/${list}`)
    const { queued, results } = await ask(address, 'alice', 'GET', '/v1/runners')
    const runners = Array.isArray(results) ? results.map(recordOf) : []
    const told = runners.map(({ pid }) => pid)
    const strangers = server.children().filter((pid) => !told.includes(pid))
    const busy = runners.some(({ state }) => UNDER_WAY.includes(String(state)))
    if (live === 0 && queued === 0 && !busy && strangers.length === 0) return
    if (performance.now() > until) {
      const what = `${live} predictions have not ended, ${queued} are queued, and it tells nothing of ${strangers}`
      return findings.add(`after ${PATIENCE_MS / 1000} s ${what}`)
    }
    await sleep(LOOK_EVERY_MS)
  }
}

/** @returns how many had not ended */
async function cancelAll(address: string, who: Who, list: string): Promise<number> {
  let live = 0
  let path: string | undefined = list
  while (path !== undefined) {
    const { results, next } = await ask(address, who, 'GET', path)
    for (const { id, completed_at: at } of Array.isArray(results) ? results.map(recordOf) : []) {
      if (at !== undefined) continue
      live++
      await ask(address, who, 'POST', `${list}/${id}/cancel`)
    }
    path = typeof next === 'string' ? next.replace(/^https?:\/\/[^/]+/, '') : undefined
  }
  return live
}

async function ask(address: string, who: Who, method: string, path: string): Promise<Record<string, unknown>> {
  const response = await fetch(address + path, { method, headers: { authorization: `Bearer ${TOKENS[who]}` } })
  return recordOf(await response.json())
}
