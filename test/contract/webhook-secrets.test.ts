/** The secret that webhooks are signed with: whose it is, how it is replaced, and how long the former one is good. */
import { expect, test } from 'vitest'
import { MovedClock } from '../support/moved-clock.ts'
import { type Receiver, testReceiver } from '../support/receiver.ts'
import type { TestServer } from '../support/server.ts'
import { someModels } from '../support/some-models.ts'
import { testFolder } from '../support/temporary.ts'
import { testServer } from '../support/test-server.ts'
import { createTold, expectGenuine, isGenuine, secretOf, settled } from '../support/webhooks.ts'
import { bodyOf } from '../support/wire.ts'

const SETTINGS = { BUNDLED_MODELS: 'off', MODELS_DIR: someModels('tokens') }
const TOKENS = 'alice:r8_alice,bob:r8_bob'
const ALICE = { authorization: 'Bearer r8_alice' }
const BOB = { authorization: 'Bearer r8_bob' }
const DAY_MS = 24 * 3_600_000

async function rotate(server: TestServer, headers = {}): Promise<string> {
  const response = await server.call('POST', '/v1/webhooks/default/secret/rotate', { headers })
  expect(response.status).toBe(200)
  const { key, ...rest } = await bodyOf<{ key: string }>(response)
  expect(rest).toEqual({})
  return key
}

/** The one webhook that tells of a new prediction. */
async function tell(server: TestServer, receiver: Receiver, headers = {}) {
  const { id } = await createTold(server, receiver, ['test/tokens', {}], { events: ['completed'], headers })
  await settled(server, id, headers)
  const [arrival] = receiver.of(id)
  return arrival ?? expect.fail('Nothing has arrived')
}

test('is 32 random bytes with whsec_ before it, the same at every look and over restarts', async () => {
  const settings = { ...SETTINGS, DATA_DIR: testFolder() }
  const first = await testServer(settings)
  const secret = await secretOf(first)
  expect(secret).toMatch(/^whsec_[A-Za-z\d+/]{43}=$/)
  expect(secret.split('_')).toHaveLength(2)
  expect(await secretOf(first)).toBe(secret)
  expect((await first.client.webhooks.default.secret.get()).key).toBe(secret)
  await first.close()
  expect(await secretOf(await testServer(settings))).toBe(secret)
})

test('is one, however many ask for it first', async () => {
  const server = await testServer(SETTINGS)
  const receiver = await testReceiver()
  const [keys, arrivals] = await Promise.all([
    Promise.all(Array.from({ length: 10 }, () => secretOf(server))),
    Promise.all(Array.from({ length: 10 }, () => tell(server, receiver))),
  ])
  expect(new Set(keys)).toEqual(new Set([await secretOf(server)]))
  for (const arrival of arrivals) expect(arrival.headers['webhook-signature']).toMatch(/^v1,\S+$/)
})

test('is another for each account', async () => {
  const server = await testServer({ ...SETTINGS, API_TOKENS: TOKENS })
  const receiver = await testReceiver()
  const [alice, bob] = [await secretOf(server, ALICE), await secretOf(server, BOB)]
  expect(alice).not.toBe(bob)
  for (const [headers, own, foreign] of [
    [ALICE, alice, bob],
    [BOB, bob, alice],
  ] as const) {
    const arrival = await tell(server, receiver, headers)
    await expectGenuine(arrival, own)
    expect(await isGenuine(arrival, foreign)).toBe(false)
  }
  await rotate(server, ALICE)
  expect(await secretOf(server, BOB)).toBe(bob)
  expect((await server.call('GET', '/v1/webhooks/default/secret')).status).toBe(401)
  expect((await server.call('POST', '/v1/webhooks/default/secret/rotate')).status).toBe(401)
})

test('that is replaced signs beside the new one for a day, and then no more', async () => {
  const clock = new MovedClock()
  const server = await testServer(SETTINGS, { clock })
  const receiver = await testReceiver()
  const first = await secretOf(server)
  const second = await rotate(server)
  expect(second).not.toBe(first)
  expect(await secretOf(server)).toBe(second)

  const both = await tell(server, receiver)
  expect(both.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/)
  for (const secret of [first, second]) await expectGenuine(both, secret)

  clock.byMs = DAY_MS - 60_000
  const third = await rotate(server)
  const three = await tell(server, receiver)
  for (const secret of [first, second, third]) expect(await isGenuine(three, secret)).toBe(true)

  clock.byMs = DAY_MS + 1
  const two = await tell(server, receiver)
  expect(two.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/)
  expect(await Promise.all([first, second, third].map((secret) => isGenuine(two, secret)))).toEqual([false, true, true])

  clock.byMs = 2 * DAY_MS
  const one = await tell(server, receiver)
  expect(one.headers['webhook-signature']).toMatch(/^v1,\S+$/)
  expect(await isGenuine(one, third)).toBe(true)
  expect(await secretOf(server)).toBe(third)
})

test('that was replaced signs beside the new one after a restart too', async () => {
  const settings = { ...SETTINGS, DATA_DIR: testFolder() }
  const server = await testServer(settings)
  const receiver = await testReceiver()
  const first = await secretOf(server)
  const second = await rotate(server)
  await server.close()
  const arrival = await tell(await testServer(settings), receiver)
  for (const secret of [first, second]) await expectGenuine(arrival, secret)
})

test('that is replaced again and again leaves a few that sign, and headers that receivers take', async () => {
  const server = await testServer(SETTINGS)
  const receiver = await testReceiver()
  let newest = ''
  for (let i = 0; i < 10; i++) newest = await rotate(server)
  const arrival = await tell(server, receiver)
  expect(String(arrival.headers['webhook-signature']).split(' ')).toHaveLength(5)
  await expectGenuine(arrival, newest)
})
