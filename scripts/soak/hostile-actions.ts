import { setTimeout as sleep } from 'node:timers/promises'
import type { WirePrediction } from '../../src/predictions/schema.ts'
import type { Action } from './action.ts'
import { equals } from './plain-actions.ts'
import type { Visitor } from './visitor.ts'

const LONGEST_LOOP_MS = 1_500

type Endless = [model: string, input: Record<string, unknown>]

/** Heed the signal, or never return. */
const ENDLESS: [Endless, ...Endless[]] = [
  ['hostile/loops-forever', {}],
  ['test/talks', { words: 2, hang: true }],
  ['test/keeps-secrets', { key: 'the key', hang: true }],
]

/** Cancels what would never end, while it waits, loads or runs. */
export const cancelEndless: Action = async (visitor) => {
  const [model, input] = visitor.random.pick(...ENDLESS)
  await endless(visitor, await visitor.create(model, input), async (prediction) => {
    await sleep(visitor.random.below(LONGEST_LOOP_MS))
    return prediction
  })
}

/** Cancels one that waits behind another. */
export const cancelQueued: Action = async (visitor) => {
  const [model, input] = visitor.random.pick(...ENDLESS)
  await endless(visitor, await visitor.create(model, input), async (first) => {
    await endless(visitor, await visitor.create(model, input), async (second) => second)
    await sleep(visitor.random.below(LONGEST_LOOP_MS / 2))
    return first
  })
}

export const crash: Action = async (visitor) => {
  const sound = visitor.random.chance(0.3)
  if (sound) return visitor.run('hostile/crashes', { a: 7, b: 2 }, { output: equals(3) })
  await visitor.run('hostile/crashes', { a: -2147483648, b: -1 }, { failure: /was ended by SIGFPE/ })
}

export const exit: Action = (visitor) => visitor.run('hostile/exits', {}, { failure: /exited with code 3/ })

export const fail: Action = (visitor) =>
  visitor.run(
    'hostile/throws',
    { message: 'as it should', uncaught: visitor.random.chance(0.3) },
    { failure: /as it should/ },
  )

export const failOtherwise: Action = async (visitor) => {
  const [model, failure] = visitor.random.pick<[string, RegExp]>(
    ['hostile/slow-predict', /timed out after 1\s?s/],
    ['hostile/bigint-output', /BigInt/i],
    ['hostile/fails-setup', /The weights are damaged/],
  )
  await visitor.run(model, {}, { failure })
}

export const floodLogs: Action = (visitor) => visitor.run('hostile/floods-logs', {}, { output: equals('said enough') })

/** Whatever goes wrong meanwhile, it does not stay in the way of others. */
async function endless(
  visitor: Visitor,
  prediction: WirePrediction,
  work: (prediction: WirePrediction) => Promise<WirePrediction>,
): Promise<void> {
  try {
    await work(prediction)
  } finally {
    await visitor.judge(await visitor.cancel(prediction), { canceled: true })
  }
}
