/** What an owner can learn of the webhooks of a prediction, and how to have one sent again. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isTerminal } from '../../src/predictions/prediction.ts'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { eventually } from '../support/eventually.ts'
import { testReceiver } from '../support/receiver.ts'
import { find } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testServer } from '../support/test-server.ts'
import { createTold, type DeliveryLog, deliveriesOf, expectGenuine, secretOf, settled } from '../support/webhooks.ts'
import { bodyOf } from '../support/wire.ts'

const SETTINGS = { BUNDLED_MODELS: 'off', MODELS_DIR: someModels('tokens', 'talks') }
const ALICE = { authorization: 'Bearer r8_alice' }
const BOB = { authorization: 'Bearer r8_bob' }
const BOTH = ['start', 'completed'] as const

let server: TestServer
beforeAll(async () => {
  server = await startServer({ ...SETTINGS, API_TOKENS: 'alice:r8_alice,bob:r8_bob' })
})
afterAll(() => server.close())

function pathOf({ id }: Pick<WirePrediction, 'id'>, delivery?: DeliveryLog[number]): string {
  return `/v1/predictions/${id}/webhooks${delivery ? `/${delivery.id}/replay` : ''}`
}

function lastOf(log: DeliveryLog): DeliveryLog[number] {
  return log.at(-1) ?? expect.fail('The log is empty')
}

describe('the log of a prediction', () => {
  test('shows every event with its tries', async () => {
    const receiver = await testReceiver()
    const created = await createTold(server, receiver, ['test/tokens', {}], { events: BOTH, headers: ALICE })
    const log = await settled(server, created.id, ALICE)
    expect(log).toEqual(
      BOTH.map((event) => ({
        id: expect.stringMatching(/^msg_/),
        event,
        url: receiver.url,
        status: 'delivered',
        created_at: expect.stringMatching(/^\d{4}-.*Z$/),
        next_try_at: null,
        tries: [{ at: expect.stringMatching(/^\d{4}-.*Z$/), duration: expect.any(Number), status: 200, error: null }],
      })),
    )
    expect(receiver.arrivals.map(({ id }) => id)).toEqual(log.map(({ id }) => id))
  })

  test('shows what waits, and until when', async () => {
    const receiver = await testReceiver((response) => response.writeHead(503, { 'retry-after': '3600' }).end())
    const created = await createTold(server, receiver, ['test/tokens', {}], { events: BOTH, headers: ALICE })
    const { tries, next_try_at: next } = await eventually(async () => {
      const last = lastOf(await deliveriesOf(server, created.id, ALICE))
      expect(last).toMatchObject({ event: 'completed', status: 'waiting', tries: [{ status: 503 }] })
      return last
    })
    expect(Date.parse(next ?? '') - Date.parse(tries[0]?.at ?? '')).toBeGreaterThanOrEqual(3_600_000)
  })

  test('is empty where nobody is told', async () => {
    const response = await server.call('POST', '/v1/models/test/tokens/predictions', {
      body: { input: {} },
      headers: ALICE,
    })
    expect(await deliveriesOf(server, (await bodyOf(response)).id, ALICE)).toEqual([])
  })

  test('is not there for others, nor is that of a prediction that is not there', async () => {
    const receiver = await testReceiver()
    const created = await createTold(server, receiver, ['test/tokens', {}], { headers: ALICE })
    const log = await settled(server, created.id, ALICE)
    const answers = [
      server.call('GET', pathOf(created), { headers: BOB }),
      server.call('POST', pathOf(created, lastOf(log)), { headers: BOB }),
      server.call('GET', pathOf({ id: '01hf0000000000000000000000' }), { headers: ALICE }),
      server.call('POST', pathOf({ id: '01hf0000000000000000000000' }, lastOf(log)), { headers: ALICE }),
    ]
    for (const answer of await Promise.all(answers)) {
      expect(answer.status).toBe(404)
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
    }
    expect((await server.call('GET', pathOf(created))).status).toBe(401)
    expect(await settled(server, created.id, ALICE)).toEqual(log)
  })
})

describe('a replay', () => {
  async function replay(prediction: WirePrediction, delivery: DeliveryLog[number]): Promise<DeliveryLog[number]> {
    const response = await server.call('POST', pathOf(prediction, delivery), { headers: ALICE })
    expect(response.status).toBe(202)
    return bodyOf(response)
  }

  test('sends each event once more, under the same id and signed anew, and is logged', async () => {
    const receiver = await testReceiver()
    const created = await createTold(server, receiver, ['test/tokens', {}], { events: BOTH, headers: ALICE })
    const before = await settled(server, created.id, ALICE)
    for (const [index, delivery] of before.entries()) {
      expect(await replay(created, delivery)).toEqual({
        ...delivery,
        status: 'waiting',
        next_try_at: expect.any(String),
      })
      const again = await receiver.until((arrivals) => arrivals[2 + index])
      const first = receiver.arrivals[index] ?? expect.fail('It has not arrived before')
      expect(again.id).toBe(first.id)
      expect(again.body.toString()).toBe(first.body.toString())
      await expectGenuine(again, await secretOf(server, ALICE))
    }
    const after = await settled(server, created.id, ALICE)
    expect(after).toEqual(
      before.map((delivery) => ({
        ...delivery,
        tries: [...delivery.tries, { ...delivery.tries[0], at: expect.any(String), duration: expect.any(Number) }],
      })),
    )
    expect(receiver.arrivals).toHaveLength(4)
  })

  test('of what was given up goes to a receiver that has come back', async () => {
    let refusing = true
    const receiver = await testReceiver((response) => response.writeHead(refusing ? 400 : 200).end())
    const created = await createTold(server, receiver, ['test/tokens', {}], { events: ['completed'], headers: ALICE })
    const [failed] = await settled(server, created.id, ALICE)
    expect(failed).toMatchObject({ status: 'failed' })
    refusing = false
    await replay(created, failed ?? expect.fail('Nothing was sent'))
    expect(await settled(server, created.id, ALICE)).toMatchObject([
      { id: failed?.id, status: 'delivered', tries: [{ status: 400 }, { status: 200 }] },
    ])
  })

  test('of progress tells what there is by then', async () => {
    const receiver = await testReceiver()
    const input = { words: 3, lines: 0, duration_ms: 300 }
    const created = await createTold(server, receiver, ['test/talks', input], { events: ['output'], headers: ALICE })
    const log = await settled(server, created.id, ALICE)
    const told = log.find(({ status }) => status === 'delivered') ?? expect.fail('No output was told')
    await replay(created, told)
    const again = await receiver.until((arrivals) => arrivals.filter(({ id }) => id === told.id)[1])
    expect(again.prediction).toMatchObject({ status: 'succeeded', output: ['word 0 ', 'word 1 ', 'word 2 '] })
  })

  test('of what was overtaken before it was sent is sent', async () => {
    const receiver = await testReceiver((response, { prediction }) => {
      if (isTerminal(prediction.status)) response.end()
    })
    const input = { words: 3, lines: 3, duration_ms: 100 }
    const created = await createTold(server, receiver, ['test/talks', input], {
      events: ['output', 'logs', 'completed'],
      headers: ALICE,
    })
    const log = await settled(server, created.id, ALICE)
    const overtaken = log.find(({ status }) => status === 'superseded') ?? expect.fail('Nothing was overtaken')
    await replay(created, overtaken)
    const { status, tries } = await eventually(async () => {
      const replayed = (await settled(server, created.id, ALICE)).find(({ id }) => id === overtaken.id)
      expect(replayed?.status).toBe('delivered')
      return replayed ?? expect.fail('It is gone')
    })
    expect(status).toBe('delivered')
    expect(tries.at(-1)).toMatchObject({ status: 200, error: null })
    for (const { error } of tries.slice(0, -1)) expect(error).toBe('a later event took its place')
    const { prediction } = receiver.arrivals.at(-1) ?? expect.fail('Nothing has arrived')
    expect(prediction).toEqual(await bodyOf(server.call('GET', `/v1/predictions/${created.id}`, { headers: ALICE })))
  })

  test('of what is not there answers 404', async () => {
    const receiver = await testReceiver()
    const told = { events: ['completed'] as const, headers: ALICE }
    const [one, other] = await Promise.all([
      createTold(server, receiver, ['test/tokens', {}], told),
      createTold(server, receiver, ['test/tokens', {}], told),
    ])
    const [delivery] = await settled(server, other.id, ALICE)
    await settled(server, one.id, ALICE)
    const paths = [pathOf(one, delivery), `${pathOf(one)}/msg_unknown/replay`]
    for (const path of paths) expect((await server.call('POST', path, { headers: ALICE })).status).toBe(404)
    expect(receiver.arrivals).toHaveLength(2)
  })
})

describe('the log goes with the data', () => {
  test('when somebody removes it, also while an event still waits, which is then not sent', async () => {
    const receiver = await testReceiver((response) => response.writeHead(503).end())
    const created = await createTold(server, receiver, ['test/tokens', {}], { events: ['completed'], headers: ALICE })
    const [arrival] = await receiver.until((arrivals) => (arrivals.length > 0 ? arrivals : undefined))
    expect(arrival?.prediction.status).toBe('succeeded')
    const response = await server.call('DELETE', `/v1/predictions/${created.id}`, { headers: ALICE })
    expect(response.status).toBe(204)
    expect(await deliveriesOf(server, created.id, ALICE)).toEqual([])
    // One that is sent later, and again when the first would have been.
    const next = await createTold(server, receiver, ['test/tokens', {}], { events: ['completed'], headers: ALICE })
    await receiver.until(() => receiver.of(next.id)[1])
    expect(receiver.of(created.id)).toHaveLength(1)
  })

  test('when its time is over, but not before the end of the prediction was told', async () => {
    const brief = await testServer({ ...SETTINGS, RETENTION: '1s' })
    const seen: WirePrediction[] = []
    const receiver = await testReceiver(async (response, { prediction }, earlier) => {
      seen.push(await find(brief, prediction.id))
      response.writeHead(earlier < 2 ? 500 : 200).end()
    })
    const created = await createTold(brief, receiver, ['test/tokens', {}], { events: ['completed'] })
    const last = await receiver.until((arrivals) => arrivals[2])
    expect(last.prediction).toMatchObject({ output: ['token 0\n', 'token 1\n', 'token 2\n'], data_removed: false })
    await eventually(async () => expect(await find(brief, created.id)).toMatchObject({ data_removed: true }))
    expect(seen.map((prediction) => prediction.data_removed)).toEqual([false, false, false])
    expect(await deliveriesOf(brief, created.id)).toEqual([])
    expect(receiver.arrivals).toHaveLength(3)
  })
})
