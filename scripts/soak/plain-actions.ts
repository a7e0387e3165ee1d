import { deepStrictEqual } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { BASE32 } from '../../src/secret.ts'
import type { Action } from './action.ts'
import type { Visitor } from './visitor.ts'

const WAIT = { prefer: 'wait' }
const LONGEST_WAIT_MS = 60
const BATCH = 6
const ID_LENGTH = 26
/** What `test/adds-batch` does on seeing it. */
const ENDS_THE_PROCESS = 666
const LARGEST = 600

export const equals = (expected: unknown) => (output: unknown) => deepStrictEqual(output, expected)

/** The measure of how the server is: it never may fail. */
export const greet: Action = async (visitor, { greetings }) => {
  const text = `number ${visitor.random.below(1e6)}`
  const begin = performance.now()
  await visitor.run('replicate/hello-world', { text }, { output: equals(`hello ${text}`) }, WAIT)
  greetings.add(performance.now() - begin)
}

export const addOne: Action = async (visitor) => {
  const value = visitor.random.below(LARGEST)
  await visitor.run('test/adds-batch', { value }, { output: equals(value + 1) })
}

/** Many at once, of which one may fail and one may take the process with it: the others have to succeed. */
export const addMany: Action = async (visitor) => {
  const values = Array.from({ length: BATCH }, () => visitor.random.below(LARGEST))
  if (visitor.random.chance(0.3)) values[0] = -1
  if (visitor.random.chance(0.2)) values[1] = ENDS_THE_PROCESS
  await Promise.all(
    values.map((value) => {
      if (value === ENDS_THE_PROCESS)
        return visitor.run('test/adds-batch', { value }, { failure: /was ended by SIGKILL/ })
      const expectation = value < 0 ? { failure: /^-1 is negative$/ } : { output: equals(value + 1) }
      return visitor.run('test/adds-batch', { value }, expectation)
    }),
  )
}

export const talk: Action = (visitor) =>
  visitor.run('test/talks', { words: 4, lines: 3, duration_ms: 200 }, { output: equals(WORDS) })

const WORDS = ['word 0 ', 'word 1 ', 'word 2 ', 'word 3 ']

/** Leaves before the answer to a create that waits, and asks for it again under the same id. */
export const leaveEarly: Action = async (visitor) => {
  const [model, input, output] = visitor.random.pick<[string, Record<string, unknown>, unknown]>(
    ['replicate/hello-world', { text: 'again' }, 'hello again'],
    ['test/talks', { words: 4, duration_ms: 200 }, WORDS],
  )
  const url = `/v1/predictions/${newId(visitor)}`
  const options = { body: { version: model, input }, headers: WAIT }
  const leaving = new AbortController()
  const first = visitor.api.send('PUT', url, { ...options, signal: leaving.signal }).catch((error: unknown) => {
    if (!leaving.signal.aborted) throw error
    visitor.tally.deeds.add('left before the answer of a create')
  })
  await sleep(visitor.random.below(LONGEST_WAIT_MS))
  leaving.abort()
  await first
  await visitor.judge(await visitor.follow(await visitor.api.prediction('PUT', url, options)), {
    output: equals(output),
  })
}

/** Removes the data of a prediction that has ended. */
export const remove: Action = async (visitor) => {
  const ended = await visitor.follow(await visitor.create('replicate/hello-world', { text: 'to be removed' }))
  await visitor.judge(ended, { output: equals('hello to be removed') })
  const url = `/v1/predictions/${ended.id}`
  await visitor.api.send('DELETE', url)
  visitor.tally.deeds.add('removed data')
  const { data_removed: removed, output } = await visitor.api.prediction('GET', url)
  if (!removed || output !== null) visitor.tally.unexpected(`${ended.id} still has data after DELETE`)
}

export const list: Action = async (visitor) => {
  await (await visitor.api.send('GET', '/v1/predictions')).text()
  visitor.tally.deeds.add('lists')
}

function newId({ random }: Visitor): string {
  return Array.from({ length: ID_LENGTH }, () => BASE32[random.below(BASE32.length)]).join('')
}
