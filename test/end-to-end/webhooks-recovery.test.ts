/**
 * The server is killed without warning while it has news for a receiver: before it sends them, while it does, and
 * between two tries. Whoever was told `201` has the end of the prediction told to its receiver.
 */
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { isTerminal, type WebhookEvent } from '../../src/predictions/prediction.ts'
import { Random } from '../support/random.ts'
import { type Arrival, testReceiver } from '../support/receiver.ts'
import { find } from '../support/requests.ts'
import type { ServerProcess } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess } from '../support/test-server.ts'
import { createTold, type DeliveryLog, expectGenuine, secretOf, settled } from '../support/webhooks.ts'

const ROUNDS = 25
const CLIENTS = 4
const LONGEST_WAIT_MS = 120
const SETTINGS = {
  BUNDLED_MODELS: 'off',
  MODELS_DIR: someModels('tokens', 'talks'),
  // The same over all servers, so that what they show is equal.
  PUBLIC_URL: 'http://reprise.test',
  WEBHOOK_RETRY: '24h',
}

/** When the server is killed. */
const MOMENTS = ['at some time', 'when an end has been committed', 'during a send', 'after a failed try'] as const
type Moment = (typeof MOMENTS)[number]

/** A receiver whose answers depend on the moment of the round, and that says when it has come. */
class Fate {
  #moment: Moment = 'at some time'
  #come = Promise.withResolvers<void>()

  begin(moment: Moment): void {
    this.#moment = moment
    this.#come = Promise.withResolvers()
  }

  /** Resolves when the server has to be killed, as far as that depends on the receiver. */
  get come(): Promise<void> {
    return this.#come.promise
  }

  /** From now on everything is taken. */
  end(): void {
    this.#moment = 'at some time'
  }

  answer(response: ServerResponse, { prediction }: Arrival): void {
    if (this.#moment === 'during a send') return this.#come.resolve()
    if (this.#moment === 'after a failed try' && isTerminal(prediction.status)) {
      response.writeHead(503).end(() => this.#come.resolve())
    } else {
      response.end()
    }
  }
}

const FILTERS: readonly (readonly WebhookEvent[] | undefined)[] = [undefined, ['start', 'completed'], ['completed']]

test('every accepted prediction has its end told, in order and under one id', { timeout: 240_000 }, async () => {
  const random = new Random('moments of kill -9 around webhooks')
  const dataDir = testFolder()
  const fate = new Fate()
  const receiver = await testReceiver((response, arrival) => fate.answer(response, arrival))
  const accepted = new Set<string>()
  await (await testProcess(dataDir, SETTINGS)).stop('SIGTERM')

  /** Creates predictions until the server is gone, and calls back after each that has ended. */
  async function load(server: ServerProcess, onEnd: () => void): Promise<void> {
    for (;;) {
      const events = FILTERS[random.below(FILTERS.length)]
      const waits = random.below(2) === 0
      const model: [string, Record<string, unknown>] =
        random.below(3) === 0
          ? ['test/talks', { words: 20, lines: 20, duration_ms: random.below(800) }]
          : ['test/tokens', { count: 3 }]
      const options = { ...(events ? { events } : {}), headers: waits ? { prefer: 'wait' } : {} }
      const created = await createTold(server, receiver, model, options).catch((error: unknown) => {
        if (error instanceof TypeError) return
        throw error
      })
      if (!created) return
      accepted.add(created.id)
      if (isTerminal(created.status)) onEnd()
    }
  }

  // A busy machine accepts little between two kills; then there are more of them.
  for (let round = 0; round < ROUNDS || (accepted.size <= ROUNDS && round < 3 * ROUNDS); round++) {
    const moment = MOMENTS[round % MOMENTS.length] ?? 'at some time'
    fate.begin(moment)
    const server = await testProcess(dataDir, SETTINGS)
    const ended = Promise.withResolvers<void>()
    const loading = Promise.all(Array.from({ length: CLIENTS }, () => load(server, ended.resolve)))
    // More than one moment: what waits and runs by then differs.
    if (moment === 'at some time') await sleep(random.below(LONGEST_WAIT_MS))
    else await Promise.race([loading, moment === 'when an end has been committed' ? ended.promise : fate.come])
    if (random.below(2) === 0) await sleep(random.below(20))
    await Promise.all([loading, server.stop('SIGKILL')])
  }

  fate.end()
  const last = await testProcess(dataDir, SETTINGS)
  const secret = await secretOf(last)
  const stories = new Map<string, { log: DeliveryLog; arrivals: Arrival[] }>()
  for (const id of accepted) stories.set(id, { log: await settled(last, id), arrivals: receiver.of(id) })
  expect(accepted.size).toBeGreaterThan(ROUNDS)

  const repeated = { start: 0, output: 0, logs: 0, completed: 0 }
  for (const [id, { log, arrivals }] of stories) {
    const eventOf = new Map(log.map((delivery) => [delivery.id, delivery.event]))
    const events = arrivals.map((arrival) => eventOf.get(arrival.id))
    expect(events, `events of ${id} that were sent and not committed`).not.toContain(undefined)
    for (const event of ['start', 'completed'] as const)
      expect(log.filter((delivery) => delivery.event === event).length, `${event} of ${id}`).toBeLessThanOrEqual(1)
    expect(log.at(-1)).toMatchObject({ event: 'completed', status: 'delivered' })

    const [firstEnd, firstStart] = [events.indexOf('completed'), events.indexOf('start')]
    expect(firstEnd, `the end of ${id} has arrived`).toBeGreaterThanOrEqual(0)
    expect(new Set(events.slice(firstEnd)), `what follows the end of ${id}`).toEqual(new Set(['completed']))
    if (log.some(({ event }) => event === 'start')) expect(firstStart, `the start of ${id} comes first`).toBe(0)
    const ends = arrivals.slice(firstEnd)
    expect(new Set(ends.map((arrival) => arrival.id)).size).toBe(1)
    expect(new Set(ends.map((arrival) => arrival.body.toString())).size).toBe(1)
    expect(ends[0]?.prediction).toEqual(await find(last, id))
    for (const arrival of arrivals) await expectGenuine(arrival, secret)
    for (const [index, event] of events.entries())
      if (event && arrivals.findIndex((arrival) => arrival.id === arrivals[index]?.id) < index) repeated[event]++
  }
  expect(repeated.completed, 'ends that were sent more than once, because a kill came between').toBeGreaterThan(0)
  const others = receiver.arrivals.filter(({ prediction }) => !accepted.has(prediction.id))
  // Their creates were committed and not answered.
  for (const { prediction } of others) expect(await find(last, prediction.id)).toMatchObject({ id: prediction.id })
  expect(await last.stop('SIGTERM')).toBe(0)
})
