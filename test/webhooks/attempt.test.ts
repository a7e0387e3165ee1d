import { pino } from 'pino'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { attempt } from '../../src/webhooks/attempt.ts'
import type { PostOutcome } from '../../src/webhooks/post.ts'
import { WebhookSecrets } from '../../src/webhooks/secrets.ts'
import { WebhookStore, webhookStatements } from '../../src/webhooks/store.ts'
import { testDatabase } from '../support/database.ts'
import { makeDelivery } from '../support/webhooks.ts'

const fail = () => {
  throw new Error('disk I/O error')
}

test.each([
  ['what it tells cannot be read', { render: fail }],
  ['where it belongs in a trace cannot be read', { traceTry: fail }],
  ['it cannot be sent', { post: fail }],
])('a try fails, and is made again, when %s', async (_what, changed) => {
  const { writer, reader } = testDatabase(webhookStatements)
  const secrets = new WebhookSecrets({ store: new WebhookStore(reader), writer, clock: systemClock })
  await secrets.present('local')
  const ended: (PostOutcome | undefined)[] = []
  const after = await attempt(makeDelivery({ event: 'completed' }), new AbortController().signal, {
    secrets,
    render: async () => '{}',
    traceTry: () => ({ headers: {}, end: (outcome) => ended.push(outcome) }),
    post: async () => ({ status: 200, retryAfterMs: undefined, error: null }),
    retryWindowMs: 60_000,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    ...changed,
  })
  expect(after).toMatchObject({ state: 'waiting', tries: [{ status: null, error: 'disk I/O error' }] })
  expect(ended).toEqual('traceTry' in changed ? [] : [expect.objectContaining({ error: 'disk I/O error' })])
})
