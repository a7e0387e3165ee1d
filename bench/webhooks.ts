import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { removeFolder, startReceiver, startReprise, temporaryFolder } from './processes.ts'
import type { Report } from './receiver.ts'
import { line, median, rate, ratio, title } from './report.ts'

const DELIVERIES = 2_000
const ROUNDS = 3
const CLIENTS = 16
/** As many as the server sends to one receiver at a time. */
const CONNECTIONS = 16

/** How fast what waits for one receiver is sent, beside a bare pool that posts the same to the same receiver. */
export async function webhooks(): Promise<void> {
  title(`${DELIVERIES} webhooks that wait for one receiver: median of ${ROUNDS} rounds`)
  const rounds: { reprise: number; bare: number }[] = []
  for (let i = 0; i < ROUNDS; i++) {
    const receiver = await startReceiver()
    try {
      rounds.push({ reprise: await throughReprise(receiver.address), bare: await throughPool(receiver.address) })
    } finally {
      await receiver.stop()
    }
  }
  line('', 'deliveries', 'of the pool', 'pool')
  line(
    `${CONNECTIONS} at a time`,
    rate(median(rounds.map(({ reprise }) => reprise))),
    ratio(median(rounds.map(({ reprise, bare }) => reprise / bare))),
    rate(median(rounds.map(({ bare }) => bare))),
  )
}

/** Deliveries per second of a server that is started when all of them wait. */
async function throughReprise(receiver: string): Promise<number> {
  const dir = temporaryFolder()
  try {
    const before = await startReprise(dir)
    let left = DELIVERIES
    const create = async () => {
      while (left-- > 0) await createTold(before.address, receiver)
    }
    await Promise.all(Array.from({ length: CLIENTS }, create))
    await before.stop()
    await fetch(receiver, { method: 'PUT' })
    const after = await startReprise(dir)
    const perSecond = await measured(receiver)
    await after.stop()
    return perSecond
  } finally {
    removeFolder(dir)
  }
}

/** Posts per second of the same bytes, from this process. */
async function throughPool(receiver: string): Promise<number> {
  const { headers: sent, body } = await reportOf(receiver)
  const { host, connection, 'content-length': length, ...headers } = sent
  const pool = new Pool(receiver, { connections: CONNECTIONS })
  await fetch(receiver, { method: 'PUT' })
  let left = DELIVERIES
  const send = async () => {
    while (left-- > 0) {
      const { body: answer } = await pool.request({ method: 'POST', path: '/hook', headers, body })
      await answer.dump()
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, send))
  await pool.close()
  return measured(receiver)
}

async function createTold(server: string, receiver: string): Promise<void> {
  const response = await fetch(`${server}/v1/models/replicate/hello-world/predictions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'wait' },
    body: JSON.stringify({
      input: { text: 'Alice' },
      webhook: `${receiver}/hook`,
      webhook_events_filter: ['completed'],
    }),
  })
  await response.arrayBuffer()
  if (response.status !== 201) throw new Error(`A create was answered with ${response.status}`)
}

async function reportOf(receiver: string): Promise<Report> {
  return JSON.parse(await (await fetch(receiver)).text())
}

async function measured(receiver: string): Promise<number> {
  for (;;) {
    const { count, ms } = await reportOf(receiver)
    if (count >= DELIVERIES) return (count - 1) / (ms / 1000)
    await sleep(100)
  }
}
