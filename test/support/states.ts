import type { Status } from '../../src/predictions/prediction.ts'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import type { HurryingClock } from './clock.ts'
import type { TestServer } from './server.ts'
import { waitingRun } from './waits.ts'
import { bodyOf } from './wire.ts'

/** A prediction in each state, as the server shows it; to be called before `test/waits` has run anything else. */
export async function predictionsInEveryState(
  { call, dataDir }: TestServer,
  clock: HurryingClock,
): Promise<Record<Status, WirePrediction>> {
  const create = (model: string, input: object, headers = {}) =>
    bodyOf(call('POST', `/v1/models/${model}/predictions`, { body: { input }, headers }))

  const run = waitingRun('states', { dir: dataDir })
  const starting = await create('test/waits', run.input)
  await run.started()
  // The one replica of the model is taken, so this one is still in the queue when its time is over.
  const aborted = await clock.hurry(6_000, () =>
    create('test/waits', run.input, { 'cancel-after': '5s', prefer: 'wait' }),
  )
  return {
    starting,
    processing: await bodyOf(call('GET', `/v1/predictions/${starting.id}`)),
    canceled: await bodyOf(call('POST', `/v1/predictions/${starting.id}/cancel`)),
    aborted,
    succeeded: await create('test/tokens', { count: 3 }, { prefer: 'wait' }),
    failed: await create('test/tokens', { count: 3, fail: true }, { prefer: 'wait' }),
  }
}
