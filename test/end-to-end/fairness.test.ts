/**
 * Alice queues ten thousand short predictions behind one that takes long, a few dozen of which have been given to the
 * runner ahead. Bob asks for one of the same model, which has one process: it is the next that runs.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import { eventually } from '../support/eventually.ts'
import { writeFiles } from '../support/packages.ts'
import { testFolder } from '../support/temporary.ts'
import { testServer } from '../support/test-server.ts'

const MANY = 10_000
const AT_ONCE = 200
/** After so many short runs the server sends as many ahead as it ever does. */
const WARM_UP = 50

/** Notes each run in a file when it begins; one that is to be held lasts until there is a file of its name. */
const NOTES = `
import { appendFileSync, existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineModel, Type } from 'reprise/model'
export default defineModel({
  input: Type.Object({ dir: Type.String(), label: Type.String(), hold: Type.Boolean({ default: false }) }),
  output: Type.String(),
  async predict({ dir, label, hold }) {
    appendFileSync(dir + '/order', label + '\\n')
    while (hold && !existsSync(dir + '/' + label)) await sleep(5)
    return label
  },
})`

test('ten thousand queued predictions of one account delay one of another by one run at most', async () => {
  const [models, dir] = [testFolder(), testFolder()]
  writeFiles(models, { 'test/notes/predict.ts': NOTES })
  const { app } = await testServer({
    MODELS_DIR: models,
    BUNDLED_MODELS: 'off',
    API_TOKENS: 'alice:r8_alice,bob:r8_bob',
    MAX_QUEUE: `${MANY + 100}`,
    QUEUE_SHARE: '100%',
    DURABILITY: 'normal',
  })
  const call = async (who: string, method: 'GET' | 'POST', url: string, body?: object, headers = {}) => {
    const response = await app.inject({
      method,
      url,
      headers: { authorization: `Bearer r8_${who}`, ...headers },
      ...(body ? { payload: body } : {}),
    })
    expect(response.statusCode, response.body).toBeLessThan(300)
    return response.json<WirePrediction>()
  }
  const create = (who: string, label: string, { hold = false, headers = {} } = {}) =>
    call(who, 'POST', '/v1/models/test/notes/predictions', { input: { dir, label, hold } }, headers)
  const find = (who: string, { id }: WirePrediction) => call(who, 'GET', `/v1/predictions/${id}`)
  const order = () => readFileSync(join(dir, 'order'), 'utf8').trimEnd().split('\n')
  const wait = { headers: { prefer: 'wait' } }

  for (let i = 0; i < WARM_UP; i++) await create('alice', `warm-${i}`, wait)
  await create('alice', 'long', { hold: true })
  await eventually(() => expect(order()).toContain('long'))
  let last: WirePrediction | undefined
  for (let i = 0; i < MANY; i += AT_ONCE) {
    const created = await Promise.all(Array.from({ length: AT_ONCE }, (_, k) => create('alice', `alice-${i + k}`)))
    last = created.at(-1)
  }
  const answer = create('bob', 'bob-1', wait)
  await eventually(async () => {
    const { results } = await call('bob', 'GET', '/v1/predictions').then(
      (page) => page as unknown as { results: unknown[] },
    )
    expect(results).toHaveLength(1)
  })
  expect(last && (await find('alice', last)).queue_position).toBe(MANY + 1)
  writeFiles(dir, { long: '' })
  expect(await answer).toMatchObject({ status: 'succeeded', output: 'bob-1' })
  expect(order().slice(WARM_UP, WARM_UP + 2)).toEqual(['long', 'bob-1'])

  // While the queue is being run.
  for (const label of ['bob-2', 'bob-3', 'bob-4']) {
    const created = await create('bob', label)
    const before = order().length
    await eventually(async () => expect((await find('bob', created)).status).toBe('succeeded'))
    expect(order().indexOf(label) - before).toBeLessThanOrEqual(1)
    expect(order().length).toBeLessThan(MANY)
  }
})
