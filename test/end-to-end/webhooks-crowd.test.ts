/** A thousand predictions are told to twenty receivers, of which five never answer: the others do not notice. */
import { expect, test } from 'vitest'
import { type Arrival, type Receiver, testReceiver } from '../support/receiver.ts'
import { testFolder } from '../support/temporary.ts'
import { testProcess } from '../support/test-server.ts'
import { createTold } from '../support/webhooks.ts'

const PREDICTIONS = 1_000
const RECEIVERS = 20
const HANGING = 5
const CLIENTS = 32

test('receivers that hang slow no other', { timeout: 60_000 }, async () => {
  const server = await testProcess(testFolder(), { MODELS_DIR: testFolder() })
  const hanging = await Promise.all(Array.from({ length: HANGING }, () => testReceiver(() => {})))
  const answering = await Promise.all(Array.from({ length: RECEIVERS - HANGING }, () => testReceiver()))
  const receivers = [...hanging, ...answering]
  const told = new Map<Receiver, string[]>(receivers.map((receiver) => [receiver, []]))

  let next = 0
  async function client(): Promise<void> {
    for (;;) {
      const receiver = receivers[next % RECEIVERS]
      if (next++ >= PREDICTIONS || !receiver) return
      const { id } = await createTold(server, receiver, ['replicate/hello-world', { text: `${next}` }])
      told.get(receiver)?.push(id)
    }
  }
  const begin = performance.now()
  await Promise.all(Array.from({ length: CLIENTS }, client))
  const share = PREDICTIONS / RECEIVERS
  await Promise.all(
    answering.map((receiver) => receiver.until((arrivals) => (arrivals.length >= 2 * share ? true : undefined))),
  )
  const seconds = (performance.now() - begin) / 1000

  for (const receiver of answering) {
    const ids = told.get(receiver) ?? []
    expect(ids).toHaveLength(share)
    expect(receiver.arrivals).toHaveLength(2 * share)
    for (const id of ids) {
      const [start, completed, ...more] = receiver.of(id)
      expect(more).toEqual([])
      expect(statusOf(start)).toBe('processing')
      expect(statusOf(completed)).toBe('succeeded')
      expect(completed?.id).not.toBe(start?.id)
    }
  }
  // However long it took: there too the end is told after the start, when that has been given up.
  for (const receiver of hanging) {
    const heard = new Set(receiver.arrivals.map(({ prediction }) => prediction.id))
    expect(heard.size).toBeGreaterThan(0)
    for (const id of heard) expect(statusOf(receiver.of(id)[0])).toBe('processing')
  }
  expect(seconds).toBeLessThan(25)
})

function statusOf(arrival: Arrival | undefined): string | undefined {
  return arrival?.prediction.status
}
