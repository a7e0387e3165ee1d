/** Nothing is told of a prediction behind its end, also where the disk is slow. */
import { expect, test } from 'vitest'
import { testReceiver } from '../support/receiver.ts'
import { someModels } from '../support/some-models.ts'
import { testServer } from '../support/test-server.ts'
import { createTold, eventsOf, settled } from '../support/webhooks.ts'

test('whatever a slow disk holds up, the end comes last', async () => {
  const settings = { BUNDLED_MODELS: 'off', MODELS_DIR: someModels('talks') }
  const server = await testServer(settings, { commitDelayMs: 100 })
  const receiver = await testReceiver()
  const told = await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      createTold(server, receiver, ['test/talks', { words: 30, lines: 30, duration_ms: 560 + i * 15 }]),
    ),
  )
  for (const { id } of told) {
    const log = await settled(server, id)
    const events = eventsOf(receiver.of(id), log)
    expect(events[0]).toBe('start')
    expect(events.indexOf('completed')).toBe(events.length - 1)
  }
})
