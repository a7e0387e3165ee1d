import { describe, expect, test } from 'vitest'
import { isProgress, Progress, type ProgressEvent } from '../../src/webhooks/progress.ts'
import { Random } from '../support/random.ts'

const NOTHING = { output: 0, logs: 0 }

test.each([
  ['start', false],
  ['output', true],
  ['logs', true],
  ['completed', false],
] as const)('%s tells of what goes on: %s', (event, expected) => {
  expect(isProgress(event)).toBe(expected)
})

describe('progress', () => {
  test('is told at once when it begins', () => {
    const progress = new Progress(['output', 'logs'])
    expect(progress.grow(NOTHING, 1_000)).toEqual([])
    expect(progress.grow({ output: 1, logs: 0 }, 1_000)).toEqual([['output', 0]])
    expect(progress.grow({ output: 1, logs: 3 }, 1_001)).toEqual([['logs', 0]])
  })

  test('is told half a second after it was told last', () => {
    const progress = new Progress(['output'])
    progress.grow({ output: 1, logs: 0 }, 1_000)
    progress.tell('output', 1, 1_010)
    expect(progress.grow({ output: 2, logs: 0 }, 1_020)).toEqual([['output', 490]])
  })

  test('is told at once after a pause', () => {
    const progress = new Progress(['logs'])
    progress.grow({ output: 0, logs: 1 }, 1_000)
    progress.tell('logs', 1, 1_000)
    expect(progress.grow({ output: 0, logs: 2 }, 9_000)).toEqual([['logs', 0]])
  })

  test('waits once, however much it grows meanwhile', () => {
    const progress = new Progress(['output'])
    progress.grow({ output: 1, logs: 0 }, 1_000)
    for (let amount = 2; amount < 100; amount++) expect(progress.grow({ output: amount, logs: 0 }, 2_000)).toEqual([])
  })

  test('is not told again when nothing has come since', () => {
    const progress = new Progress(['output'])
    progress.grow({ output: 1, logs: 0 }, 1_000)
    progress.tell('output', 5, 1_000)
    expect(progress.grow({ output: 5, logs: 0 }, 9_000)).toEqual([])
    expect(progress.grow({ output: 6, logs: 0 }, 9_000)).toEqual([['output', 0]])
  })

  test('that could not be kept is told with what comes next', () => {
    const progress = new Progress(['output'])
    progress.grow({ output: 1, logs: 0 }, 1_000)
    progress.tell('output', 0, 1_000)
    expect(progress.grow({ output: 1, logs: 0 }, 1_100)).toEqual([['output', 400]])
  })

  test.each<[ProgressEvent[]]>([[[]], [['output']], [['logs']], [['output', 'logs']]])(
    'is told of what was asked for: %s',
    (events) => {
      const due = new Progress(events).grow({ output: 1, logs: 1 }, 1_000)
      expect(due.map(([event]) => event)).toEqual(events)
    },
  )

  test('is told at most every half second and to its end, whenever it comes and however late it is told', () => {
    const random = new Random('growth of progress')
    for (let round = 0; round < 200; round++) {
      const progress = new Progress(['output'])
      const told: { at: number; amount: number }[] = []
      const produced = { output: 0, logs: 0 }
      let waiting: number | undefined
      const last = 5_000
      for (let now = 0; now <= last + 1_000; now++) {
        if (waiting !== undefined && now >= waiting) {
          progress.tell('output', produced.output, now)
          told.push({ at: now, amount: produced.output })
          waiting = undefined
        }
        if (now < last && random.below(40) === 0) produced.output++
        const [due] = progress.grow(produced, now)
        if (due) waiting = now + due[1] + random.below(30)
      }
      for (const [index, { at }] of told.entries())
        if (index > 0) expect(at - (told[index - 1]?.at ?? 0)).toBeGreaterThanOrEqual(500)
      expect(told.at(-1)?.amount ?? 0).toBe(produced.output)
    }
  })
})
